import Concurrency
package import Logging

/// A bounded number of connections to one server, opened when they are needed and closed when they aren't.
package final class ConnectionPool: Sendable {
    /// How the pool treats its connections and those who wait for one.
    package struct Limits: Sendable, Equatable {
        /// Connections that exist at one time, at most.
        package var connections: Int
        /// Callers that wait for a connection at one time, at most; a further one fails at once.
        package var waiters = 1000
        /// How long a caller waits for a connection. Using the pool inside of its own connection's scope ends here too,
        /// when the limit is reached.
        package var wait: Duration = .seconds(30)
        /// A connection that wasn't used for so long is closed. The server's `wait_timeout` must be longer.
        package var idle: Duration = .seconds(60)
        /// A connection that wasn't used for so long is asked whether it still works before it's given out.
        package var pingAfter: Duration = .seconds(10)

        /// How long the answer to that may take.
        package var pingTime: Duration = .seconds(5)

        /// Makes limits with the defaults for everything but the number of connections.
        package init(connections: Int) { self.connections = connections }
    }

    private let settings: ConnectionSettings
    private let limits: Limits
    let logger: Logger
    let counts = Lock(RetryCounts())
    private let state: Lock<PoolState<Connection>>

    /// Makes a pool without opening any connection.
    package convenience init(settings: ConnectionSettings, limit: Int, logger: Logger) {
        self.init(settings: settings, limits: Limits(connections: limit), logger: logger)
    }

    /// Makes a pool without opening any connection.
    package init(settings: ConnectionSettings, limits: Limits, logger: Logger) {
        self.settings = settings
        self.limits = limits
        self.logger = logger
        state = Lock(PoolState(limit: limits.connections, waiterLimit: limits.waiters))
    }

    /// Makes a pool for `body`, and closes its connections after that.
    /// - Throws: what `body` throws.
    package static func with<Result>(
        settings: ConnectionSettings,
        limit: Int,
        logger: Logger,
        _ body: (ConnectionPool) async throws -> Result
    ) async throws -> Result {
        let pool = ConnectionPool(settings: settings, limit: limit, logger: logger)
        let result: Result
        do {
            result = try await body(pool)
        } catch {
            await pool.shutdown(within: closingTime)
            throw error
        }
        await pool.shutdown(within: closingTime)
        return result
    }

    /// What a connection that is still lent has to end.
    private static let closingTime = Duration.seconds(1)

    /// Lends a connection to `body`, and takes it back when that returns or throws. It isn't to be used afterwards.
    ///
    /// What `body` leaves open (a transaction, a stream) is ended. Session variables and named locks are not reset.
    /// - Parameter within: how long to wait for a connection, where it isn't the pool's own limit.
    /// - Throws: ``PoolError``; what opening a connection throws; `CancellationError` while waiting; what `body` throws.
    package func withConnection<Result>(
        within limit: Duration? = nil,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let connection = try await acquire(within: limit ?? limits.wait)
        do {
            let result = try await body(connection)
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    /// How many connections there are now, lent and idle.
    package var connectionCount: Int { state.withLock { $0.open } }

    /// How many callers wait for a connection now.
    package var waiterCount: Int { state.withLock { $0.waiterCount } }

    /// How often transactions were tried again since the pool was made.
    package var retryCounts: RetryCounts { counts.withLock { $0 } }

    /// Lends no connection any more, closes the idle ones, and waits until the others have come back. Those that haven't
    /// after `limit` are cut, so that what runs on them fails.
    package func shutdown(within limit: Duration) async {
        let (idle, waiters) = state.withLock { $0.shutDown() }
        for waiter in waiters { waiter.resume(throwing: PoolError(problem: .shutDown)) }
        for connection in idle { await connection.close() }
        let deadline = ContinuousClock.now + limit
        // Only at the end of the process, so it needn't be told of each return.
        while !Task.isCancelled, connectionCount > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        let lent = state.withLock { $0.lent }
        if !lent.isEmpty {
            logger.warning("connections cut at shutdown", metadata: [LogKey.connections: "\(lent.count)"])
        }
        for connection in lent { connection.abort() }
    }
}

// MARK: - Lending

extension ConnectionPool {
    private func acquire(within limit: Duration) async throws -> Connection {
        let deadline = ContinuousClock.now + limit
        while true {
            switch try await nextGrant(deadline: deadline, limit: limit) {
            case .existing(let connection, let since):
                if ContinuousClock.now - since < limits.pingAfter { return connection }
                if await isAlive(connection, until: deadline) { return connection }
                discard(connection)
            case .place:
                return try await open()
            }
        }
    }

    /// Whether the server answers over an idle connection; soon, since one whose other end has gone may stay silent.
    private func isAlive(_ connection: Connection, until deadline: ContinuousClock.Instant) async -> Bool {
        let limit = min(limits.pingTime, ContinuousClock.now.duration(to: deadline))
        let answer = try? await withDeadline(limit) {
            await withTaskCancellationHandler {
                await connection.ping()
            } onCancel: {
                connection.abort()
            }
        }
        return answer ?? false
    }

    private func open() async throws -> Connection {
        do {
            let connection = try await Connection.open(settings)
            state.withLock { $0.opened(connection) }
            logger.debug("connection opened", metadata: [LogKey.connections: "\(connectionCount)"])
            return connection
        } catch {
            resume(state.withLock { $0.gaveUpPlace() })
            throw error
        }
    }

    private func nextGrant(deadline: ContinuousClock.Instant, limit: Duration) async throws
        -> PoolState<Connection>.Grant
    {
        try Task.checkCancellation()
        let id: UInt64
        switch state.withLock({ $0.request() }) {
        case .granted(let grant): return grant
        case .refused(let error): throw error
        case .mustWait(let waiterID): id = waiterID
        }
        let timer = Task { [weak self] in
            try await Task.sleep(until: deadline)
            self?.fail(id, PoolError(problem: .waitedTooLong(limit, connections: self?.limits.connections ?? 0)))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let early = state.withLock { $0.wait(id, continuation) }
                if let early { continuation.resume(with: early) }
            }
        } onCancel: {
            fail(id, CancellationError())
        }
    }

    private func fail(_ waiter: UInt64, _ error: any Error) {
        state.withLock { $0.abandon(waiter, error) }?.resume(throwing: error)
    }

    private func release(_ connection: Connection) async {
        guard await connection.resetForReuse() else { return discard(connection) }
        let outcome = state.withLock { $0.give(back: connection, at: .now) }
        switch outcome {
        case .handOver(let waiter, let grant): waiter.resume(returning: grant)
        case .close: await connection.close()
        case .kept(let startsReaper): if startsReaper { reapIdle() }
        }
    }

    private func discard(_ connection: Connection) {
        logger.debug("connection given up")
        resume(state.withLock { $0.remove(connection) })
    }

    private func resume(_ waiter: PoolState<Connection>.Waiter?) { waiter?.resume(returning: .place) }

    /// Closes connections as they get too old, for as long as there are idle ones.
    private func reapIdle() {
        let limit = limits.idle
        Task { [weak self] in
            while let next = self?.state.withLock({ $0.nextExpiry(after: limit) }) {
                try await Task.sleep(until: next)
                guard let expired = self?.state.withLock({ $0.expire(before: .now - limit) }) else { return }
                for connection in expired { await connection.close() }
            }
        }
    }
}

/// The pool gave no connection.
package struct PoolError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why a pool gives no connection.
    package enum Problem: Sendable, Equatable {
        /// None came free in this time.
        case waitedTooLong(Duration, connections: Int)
        /// As many as are allowed wait already.
        case tooManyWaiters(Int)
        case shutDown
    }

    /// Why.
    package let problem: Problem

    package var description: String {
        switch problem {
        case .waitedTooLong(let limit, let connections):
            "none of \(connections) database connections came free within \(limit): raise their limit, or find what holds them"
        case .tooManyWaiters(let count):
            "\(count) callers wait for a database connection already: raise the limit of connections or do less at a time"
        case .shutDown:
            "the database connections are being closed, as the program stops"
        }
    }
}
