import FoundationEssentials

extension JobKind {
    /// Every page of a wiki's Module namespace, with the sources of its Scribunto modules.
    package static let modules = JobKind(rawValue: "modules")
}

/// What a run of kind `modules` can be started with.
package struct ModulesParameters: Codable, Sendable, Equatable {
    /// Only what has changed since the tables were brought up to date last, by the wikis' lists of changes.
    package let changed: Bool

    /// The shard of a job that only looks at what has changed: it must not be taken for a walk.
    package static let changedShard = "changed"

    package init(changed: Bool) {
        self.changed = changed
    }

    /// The parameters of a run; empty ones ask for a walk.
    /// - Throws: ``InvalidParameters``.
    package init(parameters json: [UInt8]) throws {
        guard !json.isEmpty else {
            self.init(changed: false)
            return
        }
        do {
            self = try JSONDecoder().decode(ModulesParameters.self, from: Data(json))
        } catch {
            throw InvalidParameters(kind: .modules, problem: "they are none, or {\"changed\":true}")
        }
    }

    /// The form in which a run is started with it.
    package func parameters() throws -> [UInt8] { changed ? [UInt8](try JSONEncoder().encode(self)) : [] }

    /// The shard of the jobs.
    var shard: String { changed ? Self.changedShard : "" }
}

extension KindSpec {
    /// One job per wiki that can be read, closed ones too.
    package static let modules = KindSpec(
        kind: .modules,
        summary: "every page of the Module namespace, with sources",
        scope: .wiki(includes: { !$0.isPrivate }),
        usesWikiAPI: true,
        shard: { try ModulesParameters(parameters: $0).shard },
        checkParameters: { _ = try ModulesParameters(parameters: $0) },
        resource: { wiki, _ in .site(wiki?.site ?? "") },
        cost: WalkCost.cost
    )
}
