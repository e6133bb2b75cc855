import Concurrency
import Logging
import MariaDB
import PrivateMariaDB
import TCPForwarder
import Testing

@Suite(.timeLimit(.minutes(2))) struct PoolTests {
    private func makePool(
        limit: Int,
        _ change: (inout ConnectionPool.Limits) -> Void = { _ in }
    ) async throws -> ConnectionPool {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        var limits = ConnectionPool.Limits(connections: limit)
        change(&limits)
        return ConnectionPool(
            settings: settings,
            limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func id(_ connection: Connection) async throws -> Int {
        try await connection.rows("SELECT CONNECTION_ID() AS id")[0].decode("id")
    }

    @Test func opensNoMoreThanItsLimit() async throws {
        let pool = try await makePool(limit: 3)
        #expect(pool.connectionCount == 0)
        let ids = try await withThrowingTaskGroup(of: Int.self, returning: Set<Int>.self) { group in
            for _ in 0..<200 { group.addTask { try await pool.withConnection { try await id($0) } } }
            return try await group.reduce(into: []) { $0.insert($1) }
        }
        #expect(ids.count <= 3)
        #expect(pool.connectionCount == ids.count)
    }

    @Test func waitersAreServedInOrder() async throws {
        let pool = try await makePool(limit: 1)
        let order = Lock<[Int]>([])
        try await pool.withConnection { _ in
            // Each is known to wait before the next one starts: a second pool user can be seen only from outside.
            for number in 0..<5 {
                Task {
                    try await pool.withConnection { _ in order.withLock { $0.append(number) } }
                }
                while pool.waiterCount <= number { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
        while order.withLock({ $0.count }) < 5 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(order.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test func nestedUseFailsByTheDeadline() async throws {
        let pool = try await makePool(limit: 1) { $0.wait = .milliseconds(50) }
        try await pool.withConnection { _ in
            let error = await #expect(throws: PoolError.self) { try await pool.withConnection { _ in } }
            #expect(error?.problem == .waitedTooLong(.milliseconds(50), connections: 1))
        }
        #expect(try await pool.withConnection { try await $0.rows("SELECT 1").count } == 1)
    }

    @Test func tooManyWaitersAreRefused() async throws {
        let pool = try await makePool(limit: 1) { $0.waiters = 0 }
        try await pool.withConnection { _ in
            let error = await #expect(throws: PoolError.self) { try await pool.withConnection { _ in } }
            #expect(error?.problem == .tooManyWaiters(0))
        }
    }

    @Test func cancelledWaitersLeaveTheQueue() async throws {
        let pool = try await makePool(limit: 1)
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.withConnection { _ in } }
            while pool.waiterCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            #expect(pool.waiterCount == 0)
        }
        #expect(try await pool.withConnection { try await $0.rows("SELECT 1").count } == 1)
    }

    /// Cancels waiters at all possible moments, and finds that no connection got lost.
    @Test func racingCancellationsLoseNoConnection() async throws {
        let pool = try await makePool(limit: 2)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let task = Task { try await pool.withConnection { _ = try? await $0.rows("SELECT 1") } }
                    if number % 2 == 0 { task.cancel() }
                    _ = try? await task.value
                }
            }
        }
        // Both at the same time can still be had.
        try await pool.withConnection { one in
            try await pool.withConnection { other in
                let ids = (try await id(one), try await id(other))
                #expect(ids.0 != ids.1)
            }
        }
        #expect(pool.connectionCount <= 2)
    }

    @Test func nothingIsLeftOfTheLastUser() async throws {
        let pool = try await makePool(limit: 1)
        try await pool.withConnection { connection in
            try await connection.execute("CREATE TABLE t (a INT)")
            try await connection.execute("START TRANSACTION")
            try await connection.execute("INSERT INTO t VALUES (1)")
        }
        try await pool.withConnection { connection in
            #expect(try await connection.rows("SELECT * FROM t").isEmpty)
            #expect(try await connection.rows("SELECT @@in_transaction AS n")[0].decode("n") == 0)
            for try await _ in connection.stream("SELECT seq FROM seq_1_to_100000000") { break }
        }
        #expect(try await pool.withConnection { try await $0.rows("SELECT 1").count } == 1)
        #expect(pool.connectionCount == 1)
    }

    @Test func idleConnectionsAreClosed() async throws {
        let pool = try await makePool(limit: 3) { $0.idle = .milliseconds(50) }
        for _ in 0..<2 {
            try await pool.withConnection { _ in try await pool.withConnection { _ in } }
            while pool.connectionCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func deadIdleConnectionIsReplaced() async throws {
        let pool = try await makePool(limit: 1) { $0.pingAfter = .zero }
        let first = try await pool.withConnection { try await id($0) }
        let administration = try await Connection.open(PrivateMariaDB.shared.administration)
        try await administration.execute("KILL CONNECTION \(first)")
        let second = try await pool.withConnection { try await id($0) }
        #expect(second != first)
        #expect(pool.connectionCount == 1)
    }

    @Test func silentIdleConnectionIsReplacedInTime() async throws {
        let server = try await PrivateMariaDB.shared
        let forwarder = try TCPForwarder(to: server.port)
        defer { forwarder.close() }
        var settings = try await server.makeDatabase()
        settings.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port)
        var limits = ConnectionPool.Limits(connections: 1)
        limits.pingAfter = .zero
        limits.pingTime = .milliseconds(100)
        let pool = ConnectionPool(settings: settings, limits: limits, logger: Logger(label: "test"))
        let first = try await pool.withConnection { try await id($0) }
        forwarder.silence()
        #expect(try await pool.withConnection { try await id($0) } != first)
    }

    @Test func placeOfAConnectionThatCannotBeOpenedIsFree() async throws {
        var settings = try await PrivateMariaDB.shared.makeDatabase()
        settings.database = "test_absent"
        let pool = ConnectionPool(settings: settings, limit: 1, logger: Logger(label: "test"))
        for _ in 0..<3 { await #expect(throws: MariaDBError.self) { try await pool.withConnection { _ in } } }
        #expect(pool.connectionCount == 0)
    }

    @Test func shutdownWaitsThenCuts() async throws {
        let pool = try await makePool(limit: 2)
        try await pool.withConnection { _ in }
        let isRunning = Lock(false)
        let long = Task {
            try await pool.withConnection { connection in
                isRunning.withLock { $0 = true }
                try await connection.execute("SELECT SLEEP(50)")
            }
        }
        while !isRunning.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        await pool.shutdown(within: .milliseconds(100))
        let cut = await #expect(throws: MariaDBError.self) { try await long.value }
        #expect(cut?.class == .reconnect)
        let refused = await #expect(throws: PoolError.self) { try await pool.withConnection { _ in } }
        #expect(refused?.problem == .shutDown)
        #expect(pool.connectionCount == 0)
    }

    @Test func shutdownFailsWaiters() async throws {
        let pool = try await makePool(limit: 1)
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.withConnection { _ in } }
            while pool.waiterCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
            await pool.shutdown(within: .zero)
            let error = await #expect(throws: PoolError.self) { try await waiter.value }
            #expect(error?.problem == .shutDown)
        }
    }
}
