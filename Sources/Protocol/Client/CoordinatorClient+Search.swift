import Concurrency
import Logging
import NNG

extension CoordinatorClient {
    /// How long an endpoint has to answer when there are others.
    private static let helloTime = Duration.seconds(3)
    /// The wait between looks at the other endpoints: for one that is soon to take over.
    private static let searchPolicy = RetryPolicy(initialDelay: .milliseconds(400), maximumDelay: .seconds(2))

    /// Connects and registers once, so that a wrong address, certificate or secret shows itself with its cause.
    /// - Parameter waitsForListener: whether to go on trying for as long as nobody listens at the addresses, since processes
    ///   are often started together.
    /// - Throws: ``CoordinatorError``; `TLSFileError`; `CancellationError`.
    package func connect(within limit: Duration, waitsForListener: Bool = false) async throws -> Session {
        let deadline = ContinuousClock.now + limit
        var failedAttempts = 0
        while true {
            let failure: CoordinatorError
            do {
                current = try await reach(until: deadline).index
                return try await register(until: deadline)
            } catch let error as Unreached {
                try Task.checkCancellation()
                guard waitsForListener, error.nobodyListens else { throw error.summary }
                failure = error.summary
                if failedAttempts == 0 { logger.notice("nobody listens there yet; waiting for the coordinator") }
            } catch let error as CoordinatorError where error.kind == .refused(.deposed) && endpoints.count > 1 {
                // The one that has taken over is about to listen.
                failure = error
            }
            failedAttempts += 1
            let pause = Self.retryPolicy.delay(afterFailedAttempts: failedAttempts) ?? .zero
            guard ContinuousClock.now + pause < deadline else { throw failure }
            try await Task.sleep(for: pause)
        }
    }

    /// The coordinator's greeting, which needs no secret: a health check.
    /// - Throws: ``CoordinatorError``; `TLSFileError`; `CancellationError`.
    package func hello(within limit: Duration) async throws -> (welcome: WireWelcome, term: UInt64) {
        do {
            let found = try await reach(until: .now + limit)
            current = found.index
            return (found.welcome, found.term)
        } catch let error as Unreached {
            throw error.summary
        }
    }

    /// Notes what is wrong with the coordinator, or that nothing is, and looks for another where there may be one.
    func note(_ trouble: Trouble?) {
        guard endpoints.count > 1 else { return }
        self.trouble = trouble
        guard trouble != nil, searching == nil else { return }
        searching = Task { await search() }
    }

    private func search() async {
        var failedAttempts = 0
        while trouble != nil, !Task.isCancelled {
            let index = current
            let found = try? await greet(endpoints.indices.filter { $0 != index }, within: Self.helloTime) { term in
                // While nobody reaches the database, there's no better one.
                trouble == .gone || term > latestSession?.term ?? 0
            }
            if let found, trouble != nil, !Task.isCancelled {
                move(to: found.index, term: found.term)
                break
            }
            failedAttempts += 1
            try? await Task.sleep(for: Self.searchPolicy.delay(afterFailedAttempts: failedAttempts) ?? .zero)
        }
        searching = nil
    }

    private func move(to index: Int, term: UInt64) {
        logger.notice(
            "another coordinator answers",
            metadata: ["perigee.address": "\(endpoints[index].address)", "perigee.term": "\(term)"]
        )
        let last = endpoints[current]
        current = index
        session = nil
        trouble = nil
        // What waits for its answer is sent to the other one.
        last.reset()
    }

    // MARK: Who answers

    private func reach(until deadline: ContinuousClock.Instant) async throws -> Greeting {
        let time = deadline - ContinuousClock.now
        return try await greet(
            Array(endpoints.indices),
            within: endpoints.count > 1 ? min(time, Self.helloTime) : time
        ) { _ in true }
    }

    private struct Greeting: Sendable {
        let index: Int
        let welcome: WireWelcome
        let term: UInt64
    }

    /// Says hello to some endpoints at once, and takes the first answer that will do.
    /// - Throws: ``Unreached``; `TLSFileError`, which concerns all of them.
    private func greet(
        _ indices: [Int],
        within limit: Duration,
        _ accepts: (UInt64) -> Bool
    ) async throws -> Greeting {
        try await withThrowingTaskGroup(of: (Int, Result<Greeting, any Error>).self) { group in
            for index in indices {
                let endpoint = endpoints[index]
                group.addTask {
                    do {
                        let (welcome, term) = try await endpoint.hello(within: limit)
                        return (index, .success(Greeting(index: index, welcome: welcome, term: term)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            defer { group.cancelAll() }
            var causes: [(endpoint: Endpoint, error: any Error)] = []
            while let (index, result) = try await group.next() {
                switch result {
                case .success(let greeting):
                    if accepts(greeting.term) { return greeting }
                    endpoints[index].reset()
                case .failure(let error as TLSFileError): throw error
                case .failure(let error): causes.append((endpoints[index], error))
                }
            }
            throw Unreached(causes: causes.sorted { $0.endpoint.address < $1.endpoint.address })
        }
    }
}

/// None of several endpoints answered.
private struct Unreached: Error {
    let causes: [(endpoint: Endpoint, error: any Error)]

    /// Whether one of them may be about to listen.
    var nobodyListens: Bool {
        causes.contains { _, error in
            let code = (error as? NNGError)?.code
            return code == .connectionRefused || code == .unreachable
        }
    }

    /// All of it in one error.
    var summary: CoordinatorError {
        let errors = causes.map { endpoint, error in
            error as? CoordinatorError ?? endpoint.unreachable("\(error)")
        }
        guard let first = errors.first, errors.count > 1 else {
            return errors.first ?? CoordinatorError(.unreachable, address: "", detail: "no address is set")
        }
        return CoordinatorError(
            errors.contains { $0.kind == .unreachable } ? .unreachable : first.kind,
            address: errors.map(\.address).joined(separator: ","),
            detail: errors.map { "\($0.address): \($0.detail)" }.joined(separator: "; ")
        )
    }
}
