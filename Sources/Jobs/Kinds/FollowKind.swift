import Crypto
import FoundationEssentials
import MediaWiki

extension JobKind {
    /// The stream of changes of all wikis.
    package static let follow = JobKind(rawValue: "follow")
}

/// What a run of kind `follow` is started with.
package struct FollowParameters: Codable, Sendable, Equatable {
    /// Wikimedia's stream of the recent changes of all its wikis.
    package static let standardURL = "https://stream.wikimedia.org/v2/stream/recentchange"

    /// Where the stream is.
    package let url: String

    package init(url: String = Self.standardURL) {
        self.url = url
    }

    /// The parameters of a run; empty ones name Wikimedia's stream.
    /// - Throws: ``InvalidParameters``.
    package init(parameters json: [UInt8]) throws {
        guard !json.isEmpty else {
            self.init()
            return
        }
        guard let parameters = try? JSONDecoder().decode(FollowParameters.self, from: Data(json)) else {
            throw InvalidParameters(kind: .follow, problem: "they are none, or {\"url\":\"https://…\"}")
        }
        let url = parameters.url
        guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.utf8.count <= 2000,
            url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            throw InvalidParameters(kind: .follow, problem: "\"\(url.prefix(200))\" is no URL of a stream")
        }
        self = parameters
    }

    /// The form in which a run is started with it.
    package func parameters() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return [UInt8](try encoder.encode(self))
    }
}

extension KindSpec {
    /// One job for each stream, which goes on until it is cancelled. It notes which wikis have changes, and the coordinator
    /// plans jobs of kind `modules` for them.
    package static let follow = KindSpec(
        kind: .follow,
        summary: "which wikis have changes, from a stream; goes on until it is cancelled",
        scope: .fleet,
        usesWikiAPI: false,
        shard: { json in
            let url = try FollowParameters(parameters: json).url
            return "stream \(SHA256.hash(data: Data(url.utf8)).description.suffix(12))"
        },
        checkParameters: { json in _ = try FollowParameters(parameters: json) },
        resource: { _, json in
            let url = try FollowParameters(parameters: json).url
            return Resource(rawValue: "stream:\(Site.name(ofURL: url))")
        }
    )
}
