import FoundationEssentials

extension CoordinatorClient {
    func currentSession(until deadline: ContinuousClock.Instant) async throws -> Session {
        if let session { return session }
        return try await register(until: deadline)
    }

    /// Registers; callers at the same time share one registration. One that is cancelled doesn't wait for it.
    func register(until deadline: ContinuousClock.Instant) async throws -> Session {
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
        let index = current
        do {
            let registered = try await handshake(with: endpoints[index], until: deadline)
            guard index == current else { throw moved(from: index) }
            session = registered
            latestSession = registered
            outcome = .success(registered)
        } catch {
            outcome = .failure(error)
        }
        isRegistering = false
        let waiting = registering.values
        registering = [:]
        for continuation in waiting { continuation.resume(with: outcome) }
    }

    private func handshake(with endpoint: Endpoint, until deadline: ContinuousClock.Instant) async throws -> Session {
        guard let secret else {
            throw CoordinatorError(
                .refused(.forbidden),
                address: endpoint.address,
                detail: "only a process with a secret can register"
            )
        }
        try await endpoint.connectInBackground()
        func exchange(_ body: WireRequest.OneOf_Body) async throws -> WireResponse {
            var request = WireRequest()
            request.requestID = Data(Wire.randomID())
            request.body = body
            return try await endpoint.exchange(request, within: min(tryTime, deadline - ContinuousClock.now))
        }
        let greeting = try await exchange(.hello(WireHello()))
        guard case .welcome(let welcome) = greeting.body, welcome.nonce.count == Wire.idLength else {
            throw endpoint.surprise()
        }
        let answer = try await exchange(.register(registration(welcome, secret: secret)))
        guard case .registered(let registered) = answer.body, registered.session.count == Wire.sessionLength else {
            throw endpoint.surprise()
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

    private func registration(_ welcome: WireWelcome, secret: Secret) -> WireRegister {
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
        register.databaseConnections = identity.databaseConnections
        register.proof = Data(
            secret.proof(nonce: Array(welcome.nonce), incarnation: identity.incarnation, name: identity.name)
        )
        return register
    }
}
