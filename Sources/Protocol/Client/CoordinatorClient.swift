import Concurrency
import FoundationEssentials
package import Logging
package import NNG

/// The client's end of the protocol: one connection, one session, requests that are repeated until they are answered.
///
/// With several addresses it stays with the one that answered, and looks for another when that one is gone, deposed or
/// can't say whether it is. A request that moves keeps its id: what each does when it is repeated says the protocol.
package actor CoordinatorClient {
    let endpoints: [Endpoint]
    let identity: Identity
    let secret: Secret?
    let tryTime: Duration
    let logger: Logger
    /// The endpoint that is talked to.
    var current = 0
    /// With the coordinator at ``current``.
    var session: Session?
    /// The last one that was made, whether or not it is still known there.
    package internal(set) var latestSession: Session?
    /// Those who wait for the registration that is under way.
    var registering: [UInt64: CheckedContinuation<Session, any Error>] = [:]
    var isRegistering = false
    var lastRegistering: UInt64 = 0
    /// Why another endpoint is looked for, while one is.
    var trouble: Trouble?
    var searching: Task<Void, Never>?

    /// What the coordinator said when the process registered.
    package struct Session: Sendable, Equatable {
        package let token: [UInt8]
        package let role: WireRole
        package let heartbeat: Duration
        package let lease: Duration
        package let firstLease: Duration
        package let term: UInt64
    }

    /// What is wrong with the coordinator that is talked to.
    enum Trouble {
        /// It doesn't answer, or says that it isn't the one.
        case gone
        /// It can't reach its database, as may be so for all of them.
        case unsure
    }

    /// The wait between tries of one request.
    static let retryPolicy = RetryPolicy(initialDelay: .milliseconds(200), maximumDelay: .seconds(5))

    /// Makes a client. Nothing is dialed yet.
    /// - Parameters:
    ///   - addresses: `tls+tcp://HOST:PORT`, one or more, the likeliest first.
    ///   - tls: for those with TLS.
    ///   - secret: `nil` for one that only says hello.
    ///   - tryTime: how long one try of a request that isn't parked may take.
    /// - Throws: `NNGError` when an address or the TLS files can't be used.
    package init(
        addresses: [String],
        tls: TLSFiles?,
        identity: Identity,
        secret: Secret?,
        tryTime: Duration = .seconds(5),
        logger: Logger
    ) throws {
        endpoints = try addresses.map { try Endpoint(address: $0, tls: tls) }
        self.identity = identity
        self.secret = secret
        self.tryTime = tryTime
        self.logger = logger
    }

    /// Sends a request, and repeats it until there is an answer or the time is over. A session that the coordinator has
    /// forgotten is made anew.
    /// - Parameters:
    ///   - parking: how long the coordinator may take on purpose to answer one try.
    /// - Throws: ``CoordinatorError``; `CancellationError`.
    package func send(
        _ body: WireRequest.OneOf_Body,
        within limit: Duration,
        parking: Duration = .zero
    ) async throws -> WireResponse {
        let deadline = ContinuousClock.now + limit
        return try await send(body, parking: parking) { deadline }
    }

    /// The same with a deadline that may be moved meanwhile.
    /// - Parameter currentDeadline: asked before each try.
    package func send(
        _ body: WireRequest.OneOf_Body,
        parking: Duration = .zero,
        until currentDeadline: @Sendable () -> ContinuousClock.Instant
    ) async throws -> WireResponse {
        var request = WireRequest()
        request.requestID = Data(Wire.randomID())
        request.body = body
        var failedAttempts = 0
        var forgottenSessions = 0
        while true {
            var pause: Duration?
            var token: [UInt8]?
            let deadline = currentDeadline()
            let index = current
            // While this waits for the connection, another may be found.
            if !endpoints[index].isConnected { note(.gone) }
            do {
                let session = try await currentSession(until: deadline)
                guard index == current else { throw moved(from: index) }
                token = session.token
                request.session = Data(session.token)
                let time = min(tryTime + parking, deadline - ContinuousClock.now)
                let response = try await endpoints[index].exchange(request, within: time)
                // What one that was deposed meanwhile says of leases doesn't count.
                if index != current, case .verdicts = response.body { throw moved(from: index) }
                if index == current { note(response.unsure ? .unsure : nil) }
                return response
            } catch let error as CoordinatorError {
                switch error.kind {
                case .refused(.unknownSession):
                    // Somebody else may have made a new one meanwhile.
                    if session?.token == token { session = nil }
                    forgottenSessions += 1
                    // Once is normal; one that forgets sessions as fast as it makes them is to be left in peace.
                    if forgottenSessions > 1 {
                        pause = Self.retryPolicy.delay(afterFailedAttempts: forgottenSessions)
                    }
                case .unreachable where index != current:
                    pause = nil
                case .refused(.overloaded), .refused(.unavailable), .unreachable,
                    .refused(.deposed) where isRepeatable(error):
                    logger.debug("request not answered", metadata: ["perigee.error": "\(error)"])
                    if index == current, let trouble = Trouble(error) { note(trouble) }
                    failedAttempts += 1
                    let delay = Self.retryPolicy.delay(afterFailedAttempts: failedAttempts) ?? .zero
                    pause = max(delay, error.retryAfter)
                default:
                    throw error
                }
                if ContinuousClock.now + (pause ?? .zero) >= currentDeadline() { throw error }
            }
            if let pause { try await Task.sleep(for: pause) }
        }
    }

    /// Says goodbye, if there is a session, and closes the connections.
    package func leave(within limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        searching?.cancel()
        trouble = nil
        if let session {
            var request = WireRequest()
            request.requestID = Data(Wire.randomID())
            request.session = Data(session.token)
            request.body = .bye(WireBye())
            _ = try? await endpoints[current].exchange(request, within: limit * 0.6)
        }
        session = nil
        await withTaskGroup { group in
            for endpoint in endpoints {
                group.addTask { await endpoint.close(within: ContinuousClock.now.duration(to: deadline)) }
            }
        }
    }

    /// One that was deposed is asked no more, unless there may be another.
    private func isRepeatable(_ error: CoordinatorError) -> Bool {
        error.kind != .refused(.deposed) || endpoints.count > 1
    }

    func moved(from index: Int) -> CoordinatorError {
        endpoints[index].unreachable("another coordinator has taken over")
    }
}

extension CoordinatorClient.Trouble {
    /// What an error says of the coordinator that it came from.
    fileprivate init?(_ error: CoordinatorError) {
        switch error.kind {
        case .unreachable, .refused(.deposed): self = .gone
        case .refused(.unavailable): self = .unsure
        default: return nil
        }
    }
}
