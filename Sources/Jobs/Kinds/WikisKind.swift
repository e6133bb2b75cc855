import Crypto
import FoundationEssentials
package import MediaWiki

extension JobKind {
    /// The list of all wikis.
    package static let wikis = JobKind(rawValue: "wikis")
}

/// Where the list of wikis comes from.
package enum WikiSource: Codable, Sendable, Equatable {
    /// `action=sitematrix` of the wiki at this URL (what `/api.php` is appended to).
    case api(url: String)
    /// The table `meta_p.wiki`, on the server that the worker's settings name.
    case meta
    /// A list that the operator gave, read from a file.
    case list([WikiDescription])

    /// The source that a run's parameters name.
    /// - Throws: ``InvalidParameters``.
    package init(parameters json: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(WikiSource.self, from: Data(json))
        } catch {
            throw InvalidParameters(
                kind: .wikis,
                problem: "they don't say where the list comes from; use: perigee wikis sync"
            )
        }
    }

    /// The form in which a run is started with it.
    package func parameters() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}

extension KindSpec {
    /// One job in all, which makes the table `wikis` say what the source says.
    package static let wikis = KindSpec(
        kind: .wikis,
        summary: "the list of wikis, from SiteMatrix, meta_p or a file",
        scope: .fleet,
        usesWikiAPI: false,
        shard: { json in
            let name =
                switch try WikiSource(parameters: json) {
                case .api: "api"
                case .meta: "meta"
                case .list: "list"
                }
            return "\(name) \(SHA256.hash(data: json).description.suffix(12))"
        },
        checkParameters: { json in _ = try WikiSource(parameters: json) },
        resource: { _, parameters in
            switch try WikiSource(parameters: parameters) {
            case .api(let url): .site(Site.name(ofURL: url))
            case .meta: Resource(rawValue: "database:meta_p")
            case .list: Resource(rawValue: "list:file")
            }
        }
    )
}
