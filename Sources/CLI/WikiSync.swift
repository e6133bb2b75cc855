import FoundationEssentials
import Jobs
import MediaWiki

/// The command `wikis sync`.
package enum WikiSync {
    /// Starts a run of kind `wikis`, and waits for it.
    /// - Parameter from: `api`, `meta` or the path of a file, which is checked here.
    package static func run(_ settings: Settings, from: String, url: String, wait: Bool) async throws {
        let source: WikiSource
        switch from {
        case "api": source = .api(url: url)
        case "meta": source = .meta
        default:
            guard let content = FileManager.default.contents(atPath: from) else {
                throw Complaint("the list of wikis \(from) can't be read (--from takes api, meta or a file)")
            }
            do {
                source = .list(try WikiListFile.parse(Array(content)))
            } catch {
                throw Complaint("\(from): \(error)")
            }
        }
        try await RunStart.run(
            settings,
            kinds: [.wikis],
            wikis: [],
            family: nil,
            parameters: try source.parameters(),
            wait: wait
        )
    }
}
