import FoundationEssentials
import Glibc
import Jobs
import Logging
import Protocol

/// The command `run`, and what else starts runs.
package enum RunStart {
    /// How long the coordinator has to plan.
    private static let planTime = Duration.seconds(60)
    /// How often the table is looked at while waiting.
    private static let interval = Duration.milliseconds(500)

    /// Starts a run of kinds given by name.
    package static func run(
        _ settings: Settings,
        kinds: [String],
        wikis: [String],
        family: String?,
        wait: Bool
    ) async throws {
        let known = KindCatalog.standard.kinds.map(\.rawValue)
        for kind in kinds where !known.contains(kind) {
            throw Complaint(Suggestion.unknown("kind", kind, inFew: known), code: Exit.usage)
        }
        try await run(
            settings,
            kinds: kinds.map(JobKind.init(rawValue:)),
            wikis: wikis,
            family: family,
            parameters: [],
            wait: wait
        )
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
        let logger = try settings.logger(label: "run")
        let client = try settings.coordinatorClient(logger: logger)
        var start = WireStartRun()
        start.kinds = kinds.map(\.rawValue)
        start.wikis = wikis
        start.family = family ?? ""
        start.parameters = Data(parameters)
        start.requestedBy = requester
        _ = try await client.connect(within: .seconds(10))
        let response: WireResponse
        do {
            response = try await client.send(.startRun(start), within: planTime, parking: planTime)
        } catch let error as CoordinatorError {
            await client.leave(within: .seconds(1))
            if error.kind == .refused(.unknownWiki) || error.kind == .refused(.nothingToDo) {
                // A name that was mistyped is worth more words, where the table can be read.
                do {
                    try await ReadSession.run(settings, .table) { session in
                        try await session.checkWikis(wikis)
                        if let family { try await session.checkFamily(family) }
                    }
                } catch let complaint as Complaint {
                    throw complaint
                } catch {
                    logger.debug("names can't be looked up", metadata: ["perigee.error": "\(error)"])
                }
            }
            throw error
        }
        await client.leave(within: .seconds(1))
        guard case .runStarted(let started) = response.body else {
            throw Complaint("the coordinator's answer says nothing of a run; are both of the same version?")
        }
        let joined = started.jobsJoined > 0 ? ", \(started.jobsJoined) under way already" : ""
        try await StandardOutput().write("run \(started.run): \(started.jobsPlanned) jobs planned\(joined)\n")
        guard wait else { return }
        try await Status.show(settings, .table, runs: [RunID(rawValue: started.run)], watch: true, interval: interval)
    }

    /// Who asks, for the record: user@host.
    static var requester: String {
        let user = ProcessInfo.processInfo.environment["USER"] ?? "uid \(getuid())"
        return "\(user)@\(Identity.hostName)"
    }
}
