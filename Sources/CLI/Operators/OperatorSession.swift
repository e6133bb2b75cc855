import FoundationEssentials
import Glibc
import Logging
import Protocol

/// What a command that has the coordinator change something works with.
struct OperatorSession: Sendable {
    private let client: CoordinatorClient
    let logger: Logger
    /// How long the coordinator waits for a sign of a worker before its jobs go to others.
    let lease: Duration

    /// How long the coordinator has for one request.
    private static let requestTime = Duration.seconds(60)

    /// Runs `body` with a coordinator that answers.
    /// - Throws: `SettingsError`; `SecretFileError`; `CoordinatorError`; what `body` throws.
    static func run<Result>(
        _ settings: Settings,
        _ label: String,
        _ body: (OperatorSession) async throws -> Result
    ) async throws -> Result {
        let logger = try settings.logger(label: label)
        let client = try settings.coordinatorClient(logger: logger)
        do {
            let lease = try await client.connect(within: .seconds(10)).lease
            let result = try await body(OperatorSession(client: client, logger: logger, lease: lease))
            await client.leave(within: .seconds(1))
            return result
        } catch {
            await client.leave(within: .seconds(1))
            throw error
        }
    }

    /// Sends a request, as often as it takes.
    /// - Throws: `CoordinatorError`.
    func send(_ body: WireRequest.OneOf_Body) async throws -> WireResponse {
        try await client.send(body, within: Self.requestTime, parking: Self.requestTime)
    }

    /// What to say when the answer is one to another question.
    static let surprise = Complaint(
        "the coordinator's answer is not one to the question; are both of the same version?"
    )

    /// Who asks, for the record.
    static var requester: String {
        let user = ProcessInfo.processInfo.environment["USER"] ?? "uid \(getuid())"
        return "\(user)@\(Identity.hostName)"
    }

    /// After a refusal that a mistyped name may be the cause of: has `check` find more words, where the tables can be read.
    func explain(
        _ error: CoordinatorError,
        _ settings: Settings,
        _ check: (ReadSession) async throws -> Void
    ) async throws {
        guard error.kind == .refused(.unknownWiki) || error.kind == .refused(.nothingToDo) else { return }
        try await explain(settings, check)
    }

    /// Has `check` look for what was mistyped, where the tables can be read.
    func explain(_ settings: Settings, _ check: (ReadSession) async throws -> Void) async throws {
        do {
            try await ReadSession.run(settings, .table, check)
        } catch let complaint as Complaint {
            throw complaint
        } catch {
            logger.debug("names can't be looked up", metadata: ["perigee.error": "\(error)"])
        }
    }
}
