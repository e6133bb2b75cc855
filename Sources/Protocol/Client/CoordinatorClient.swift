import Concurrency
import FoundationEssentials
package import Logging
package import NNG

/// The client's end of the protocol: one connection, one session, requests that are repeated until they are answered.
package actor CoordinatorClient {
    private let requester: Requester
    private let identity: Identity
    private let secret: Secret?
    private let tryTime: Duration
    private let logger: Logger
    private var session: Session?
    /// Those who wait for the registration that is under way.
    private var registering: [UInt64: CheckedContinuation<Session, any Error>] = [:]
    private var isRegistering = false
    private var lastRegistering: UInt64 = 0
    private var generator = SystemRandomNumberGenerator()

    /// What the coordinator said when the process registered.
    package struct Session: Sendable, Equatable {
        package let token: [UInt8]
        package let role: WireRole
        package let heartbeat: Duration
        package let lease: Duration
        package let firstLease: Duration
        package let term: UInt64
    }

    /// The wait between tries of one request.
    private static let retryPolicy = RetryPolicy(initialDelay: .milliseconds(200), maximumDelay: .seconds(5))

    /// Makes a client. Nothing is dialed yet.
    /// - Parameters:
    ///   - address: `tls+tcp://HOST:PORT`.
    ///   - secret: `nil` for one that only says hello.
    ///   - tryTime: how long one try of a request that isn't parked may take.
    /// - Throws: `NNGError` when the address or the TLS files can't be used.
    package init(
        address: String,
        tls: TLSFiles?,
        identity: Identity,
        secret: Secret?,
        tryTime: Duration = .seconds(5),
        logger: Logger
    ) throws {
        var options = RequesterOptions()
        options.maximumMessageSize = Wire.maximumMessageSize
        requester = try Requester(address: address, tls: tls, options: options)
        self.identity = identity
        self.secret = secret
        self.tryTime = tryTime
        self.logger = logger
    }

    /// Connects and registers once, so that a wrong address, certificate or secret shows itself with its cause.
    /// - Parameter waitsForListener: whether to go on trying for as long as nobody listens at the address, since processes
    ///   are often started together.
    package func connect(within limit: Duration, waitsForListener: Bool = false) async throws -> Session {
        let deadline = ContinuousClock.now + limit
        var failedAttempts = 0
        while true {
            do {
                try await requester.connect(within: deadline - .now)
                break
            } catch let error as NNGError {
                try Task.checkCancellation()
                failedAttempts += 1
                let pause = Self.retryPolicy.delay(afterFailedAttempts: failedAttempts) ?? .zero
                guard waitsForListener, error.code == .connectionRefused || error.code == .unreachable,
                    ContinuousClock.now + pause < deadline
                else { throw CoordinatorError(.unreachable, address: requester.address, detail: error.description) }
                if failedAttempts == 1 { logger.notice("nobody listens there yet; waiting for the coordinator") }
                try await Task.sleep(for: pause)
            }
        }
        return try await register(until: deadline)
    }

    /// The coordinator's greeting, which needs no secret: a health check.
    package func hello(within limit: Duration) async throws -> (welcome: WireWelcome, term: UInt64) {
        do {
            try await requester.connect(within: limit)
        } catch let error as NNGError {
            throw CoordinatorError(.unreachable, address: requester.address, detail: error.description)
        }
        let response = try await exchange(.hello(WireHello()), session: [], within: limit)
        guard case .welcome(let welcome) = response.body else { throw surprise() }
        return (welcome, response.term)
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
        let requestID = randomBytes(Wire.idLength)
        var failedAttempts = 0
        var forgottenSessions = 0
        while true {
            var pause: Duration?
            var token: [UInt8]?
            let deadline = currentDeadline()
            do {
                let session = try await currentSession(until: deadline)
                token = session.token
                let time = min(tryTime + parking, deadline - ContinuousClock.now)
                return try await exchange(body, requestID: requestID, session: session.token, within: time)
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
                case .refused(.overloaded), .refused(.unavailable), .unreachable:
                    logger.debug("request not answered", metadata: ["perigee.error": "\(error)"])
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

    /// Says goodbye, if there is a session, and closes the connection.
    package func leave(within limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        if let session {
            _ = try? await exchange(.bye(WireBye()), session: session.token, within: limit * 0.6)
        }
        session = nil
        await requester.close(within: ContinuousClock.now.duration(to: deadline))
    }

    // MARK: The session

    private func currentSession(until deadline: ContinuousClock.Instant) async throws -> Session {
        if let session { return session }
        return try await register(until: deadline)
    }

    /// Registers; callers at the same time share one registration. One that is cancelled doesn't wait for it.
    private func register(until deadline: ContinuousClock.Instant) async throws -> Session {
        lastRegistering += 1
        let caller = lastRegistering
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                registering[caller] = continuation
                if Task.isCancelled { stopWaiting(caller) }
                guard !isRegistering, !registering.isEmpty else { return }
                isRegistering = true
                Task { await shareRegistration(until: deadline) }
            }
        } onCancel: {
            Task { await self.stopWaiting(caller) }
        }
    }

    private func stopWaiting(_ caller: UInt64) {
        registering.removeValue(forKey: caller)?.resume(throwing: CancellationError())
    }

    private func shareRegistration(until deadline: ContinuousClock.Instant) async {
        let outcome: Result<Session, any Error>
        do {
            let registered = try await handshake(until: deadline)
            session = registered
            outcome = .success(registered)
        } catch {
            outcome = .failure(error)
        }
        isRegistering = false
        let waiting = registering.values
        registering = [:]
        for continuation in waiting { continuation.resume(with: outcome) }
    }

    private func handshake(until deadline: ContinuousClock.Instant) async throws -> Session {
        guard let secret else {
            throw CoordinatorError(
                .refused(.forbidden),
                address: requester.address,
                detail: "only a process with a secret can register"
            )
        }
        try await requester.connectInBackground()
        func time() -> Duration { min(tryTime, deadline - ContinuousClock.now) }
        let greeting = try await exchange(.hello(WireHello()), session: [], within: time())
        guard case .welcome(let welcome) = greeting.body, welcome.nonce.count == Wire.idLength else { throw surprise() }
        var register = WireRegister()
        register.nonce = welcome.nonce
        register.name = identity.name
        register.incarnation = Data(identity.incarnation)
        register.host = identity.host
        register.pid = identity.processID
        register.software = identity.software
        register.protocol = Wire.version
        register.schema = identity.schema
        register.kinds = identity.kinds
        register.slots = identity.slots
        register.proof = Data(
            secret.proof(nonce: Array(welcome.nonce), incarnation: identity.incarnation, name: identity.name)
        )
        let answer = try await exchange(.register(register), session: [], within: time())
        guard case .registered(let registered) = answer.body, registered.session.count == Wire.sessionLength else {
            throw surprise()
        }
        return Session(
            token: Array(registered.session),
            role: registered.role,
            heartbeat: .milliseconds(registered.heartbeatMilliseconds),
            lease: .milliseconds(registered.leaseMilliseconds),
            firstLease: .milliseconds(registered.firstLeaseMilliseconds),
            term: answer.term
        )
    }

    // MARK: One exchange

    private func exchange(
        _ body: WireRequest.OneOf_Body,
        requestID: [UInt8]? = nil,
        session: [UInt8],
        within limit: Duration
    ) async throws -> WireResponse {
        var request = WireRequest()
        request.requestID = Data(requestID ?? randomBytes(Wire.idLength))
        request.session = Data(session)
        request.body = body
        let payload = try Wire.encode(request)
        let answer: [UInt8]
        do {
            answer = try await requester.request(payload, within: max(limit, .milliseconds(1)))
        } catch {
            try Task.checkCancellation()
            throw CoordinatorError(.unreachable, address: requester.address, detail: error.description)
        }
        guard let response = try? Wire.decode(answer, as: WireResponse.self),
            response.requestID.count == Wire.idLength
        else {
            throw CoordinatorError(
                .notACoordinator,
                address: requester.address,
                detail: "its answer is not of the protocol"
            )
        }
        guard response.requestID == request.requestID else {
            throw CoordinatorError(
                .unreachable,
                address: requester.address,
                detail: "its answer was one to another request"
            )
        }
        if case .refusal(let refusal) = response.body {
            throw CoordinatorError(refusal, address: requester.address)
        }
        return response
    }

    private func surprise() -> CoordinatorError {
        CoordinatorError(
            .notACoordinator,
            address: requester.address,
            detail: "its answer is not one to the question"
        )
    }

    private func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
