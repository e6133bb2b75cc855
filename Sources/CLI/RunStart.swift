import FoundationEssentials
import Jobs
import Protocol

/// The command `run`, and what else starts runs.
package enum RunStart {
    /// How often the table is looked at while waiting.
    private static let interval = Duration.milliseconds(500)

    /// Starts a run of kinds given by name.
    /// - Parameters:
    ///   - changed: goes with the kind `modules` alone: only what has changed.
    ///   - url: goes with the kind `follow` alone: where its stream is.
    package static func run(
        _ settings: Settings,
        kinds: [String],
        wikis: [String],
        family: String?,
        changed: Bool,
        url: String?,
        wait: Bool
    ) async throws {
        try await run(
            settings,
            kinds: try Self.kinds(named: kinds),
            wikis: wikis,
            family: family,
            parameters: try parameters(of: kinds.map(JobKind.init(rawValue:)), changed: changed, url: url),
            wait: wait
        )
    }

    /// What a run is started with.
    /// - Throws: ``Complaint`` for options that don't go with the kinds.
    static func parameters(of kinds: [JobKind], changed: Bool, url: String?) throws -> [UInt8] {
        if changed, kinds != [.modules] || url != nil {
            throw Complaint("--changed goes with the kind modules alone", code: Exit.usage)
        }
        if url != nil, kinds != [.follow] {
            throw Complaint("--url goes with the kind follow alone", code: Exit.usage)
        }
        if let url { return try FollowParameters(url: url).parameters() }
        return try ModulesParameters(changed: changed).parameters()
    }

    /// The kinds of these names.
    /// - Throws: ``Complaint`` with the nearest name for one that there isn't.
    static func kinds(named names: [String]) throws -> [JobKind] {
        let known = KindCatalog.standard.kinds.map(\.rawValue)
        for name in names where !known.contains(name) {
            throw Complaint(Suggestion.unknown("kind", name, inFew: known), code: Exit.usage)
        }
        return names.map(JobKind.init(rawValue:))
    }

    /// Starts a run, and shows it until it has ended where that is wanted.
    /// - Throws: ``Complaint`` when jobs of the run failed; `CoordinatorError`.
    static func run(
        _ settings: Settings,
        kinds: [JobKind],
        wikis: [String],
        family: String?,
        parameters: [UInt8],
        wait: Bool
    ) async throws {
        var start = WireStartRun()
        start.kinds = kinds.map(\.rawValue)
        start.wikis = wikis
        start.family = family ?? ""
        start.parameters = Data(parameters)
        start.requestedBy = OperatorSession.requester
        let request = WireRequest.OneOf_Body.startRun(start)
        let response = try await OperatorSession.run(settings, "run") { session in
            do {
                return try await session.send(request)
            } catch let error as CoordinatorError {
                try await session.explain(error, settings) { tables in
                    try await tables.checkWikis(wikis)
                    if let family { try await tables.checkFamily(family) }
                }
                throw error
            }
        }
        guard case .runStarted(let started) = response.body else { throw OperatorSession.surprise }
        let joined = started.jobsJoined > 0 ? ", \(started.jobsJoined) under way already" : ""
        try await StandardOutput().write("run \(started.run): \(started.jobsPlanned) jobs planned\(joined)\n")
        guard wait else { return }
        try await Status.show(settings, .table, runs: [RunID(rawValue: started.run)], watch: true, interval: interval)
    }
}
