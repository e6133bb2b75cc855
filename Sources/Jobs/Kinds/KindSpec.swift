/// What the coordinator has to know of a kind; how its work is done is in the worker's room.
package struct KindSpec: Sendable {
    /// What a kind has one job for.
    package enum Scope: Sendable, Equatable {
        /// One job in all.
        case fleet
        /// One job per wiki that `includes` lets through.
        case wiki(includes: @Sendable (WikiFacts) -> Bool)

        package static func == (left: Scope, right: Scope) -> Bool {
            switch (left, right) {
            case (.fleet, .fleet), (.wiki, .wiki): true
            default: false
            }
        }
    }

    package let kind: JobKind
    /// What it produces, in one line, for lists and help.
    package let summary: String
    package let scope: Scope
    /// Whether its jobs send requests to the wiki's API, of which each wiki bears one at a time.
    package let usesWikiAPI: Bool
    /// Kinds of the same run, for the same wiki, that have to be done first.
    package let waitsFor: [JobKind]
    /// Which part of what a job is about the parameters name: jobs with other parameters aren't the same, and a run must
    /// not join them. At most 64 bytes.
    package let shard: @Sendable (_ parameters: [UInt8]) throws -> String
    /// Checks what a run was started with.
    /// - Throws: ``InvalidParameters``.
    package let checkParameters: @Sendable (_ json: [UInt8]) throws -> Void
    /// What a job shares with others. The wiki is `nil` for a kind of the fleet.
    package let resource: @Sendable (_ wiki: WikiFacts?, _ parameters: [UInt8]) throws -> Resource
    /// What a job is expected to cost.
    package let cost: @Sendable (CostBasis) -> JobCost

    package init(
        kind: JobKind,
        summary: String,
        scope: Scope,
        usesWikiAPI: Bool,
        waitsFor: [JobKind] = [],
        shard: @escaping @Sendable (_ parameters: [UInt8]) throws -> String = { _ in "" },
        checkParameters: @escaping @Sendable (_ json: [UInt8]) throws -> Void,
        resource: @escaping @Sendable (_ wiki: WikiFacts?, _ parameters: [UInt8]) throws -> Resource,
        cost: @escaping @Sendable (CostBasis) -> JobCost = { _ in .guess }
    ) {
        self.kind = kind
        self.summary = summary
        self.scope = scope
        self.usesWikiAPI = usesWikiAPI
        self.waitsFor = waitsFor
        self.shard = shard
        self.checkParameters = checkParameters
        self.resource = resource
        self.cost = cost
    }
}

/// What planning has to know of a wiki.
package struct WikiFacts: Sendable, Equatable {
    package let dbname: String
    /// The wikis that share one rate limit.
    package let site: String
    package let family: String
    package let isPrivate: Bool
    /// How many modules it had when it was last looked at.
    package let knownModules: UInt64
    /// Whether it was looked at, and to the end.
    package let isWalked: Bool

    package init(
        dbname: String,
        site: String,
        family: String,
        isPrivate: Bool,
        knownModules: UInt64,
        isWalked: Bool = false
    ) {
        self.dbname = dbname
        self.site = site
        self.family = family
        self.isPrivate = isPrivate
        self.knownModules = knownModules
        self.isWalked = isWalked
    }
}

/// What a run was started with isn't in the form of its kind.
package struct InvalidParameters: Error, Equatable, CustomStringConvertible {
    package let kind: JobKind
    package let problem: String

    package init(kind: JobKind, problem: String) {
        self.kind = kind
        self.problem = problem
    }

    package var description: String { "the parameters of kind \(kind) can't be used: \(problem)" }
}
