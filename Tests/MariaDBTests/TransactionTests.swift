import Concurrency
import Logging
import MariaDB
import PrivateMariaDB
import TCPForwarder
import Testing

@Suite(.timeLimit(.minutes(3))) struct TransactionTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func makePool(
        _ settings: ConnectionSettings,
        limit: Int = 2,
        setUp: [String] = [
            "CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL)", "INSERT INTO t VALUES (1, 0), (2, 0)",
        ]
    ) async throws -> ConnectionPool {
        let pool = ConnectionPool(settings: settings, limit: limit, logger: logger)
        try await pool.withConnection { connection in
            for statement in setUp { try await connection.execute(statement) }
        }
        return pool
    }

    private func sharedPool(limit: Int = 2, lockWait: Duration = .seconds(5)) async throws -> ConnectionPool {
        var settings = try await PrivateMariaDB.shared.makeDatabase()
        settings.lockWaitTimeout = lockWait
        return try await makePool(settings, limit: limit)
    }

    private func values(_ pool: ConnectionPool) async throws -> [Int] {
        try await pool.withConnection { try await $0.rows("SELECT v FROM t ORDER BY id").map { try $0.decode("v") } }
    }

    @Test func commitsAndRollsBack() async throws {
        let pool = try await sharedPool()
        struct Refusal: Error {}
        let result = try await pool.transaction("set") { tx in
            try await tx.execute("UPDATE t SET v = 1 WHERE id = 1")
            return "done"
        }
        #expect(result == "done")
        await #expect(throws: Refusal.self) {
            try await pool.transaction("refuse") { tx in
                try await tx.execute("UPDATE t SET v = 2 WHERE id = 1")
                throw Refusal()
            }
        }
        let error = await #expect(throws: MariaDBError.self) {
            try await pool.transaction("duplicate") { tx in
                try await tx.execute("UPDATE t SET v = 3 WHERE id = 1")
                try await tx.execute("INSERT INTO t VALUES (2, 2)")
            }
        }
        #expect(error?.code == 1062 && error?.attempts == 1)
        #expect(try await values(pool) == [1, 0])
        #expect(pool.retryCounts.total == 0)
    }

    @Test func exampleOfUse() async throws {
        let pool = try await sharedPool()
        try await pool.transaction("complete", within: .seconds(30)) { tx in
            let rows = try await tx.rows("SELECT id, v FROM t WHERE id IN (?, ?) FOR UPDATE", [.uint(1), .uint(2)])
            let v: Int = try rows[0].decode("v")
            try await tx.executeBulk("UPDATE t SET v = ? WHERE id = ?", [.ints([Int64(v) + 5, 6]), .uints([1, 2])])
        }
        #expect(try await values(pool) == [5, 6])
    }

    @Test func deadlockIsTriedAgain() async throws {
        let pool = try await sharedPool()
        // Each takes its first row, and goes on to the other's only once both have theirs.
        let arrived = Lock(Set<Int>())
        func swapRows(_ first: Int, _ second: Int) async throws {
            try await pool.transaction("cross") { tx in
                try await tx.execute("UPDATE t SET v = v + 1 WHERE id = ?", [.int(Int64(first))])
                arrived.withLock { _ = $0.insert(first) }
                while arrived.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
                try await tx.execute("UPDATE t SET v = v + 1 WHERE id = ?", [.int(Int64(second))])
            }
        }
        async let one: Void = swapRows(1, 2)
        async let other: Void = swapRows(2, 1)
        _ = try await (one, other)
        #expect(try await values(pool) == [2, 2])
        #expect(pool.retryCounts.byCode == [1213: 1])
    }

    @Test func lockWaitTimeoutRollsBackAndIsTriedAgain() async throws {
        let pool = try await sharedPool(limit: 3, lockWait: .seconds(1))
        try await pool.withConnection { holder in
            try await holder.execute("START TRANSACTION")
            try await holder.execute("UPDATE t SET v = 100 WHERE id = 2")
            async let waiting: Void = pool.transaction("wait") { tx in
                try await tx.execute("UPDATE t SET v = v + 1 WHERE id = 1")
                try await tx.execute("UPDATE t SET v = v + 1 WHERE id = 2")
            }
            while pool.retryCounts.total == 0 { try await Task.sleep(for: .milliseconds(5)) }
            try await holder.execute("COMMIT")
            try await waiting
        }
        // 1205 undoes only its statement: without a rollback the first row would have got 1 more from each try.
        #expect(try await values(pool) == [1, 101])
        #expect(pool.retryCounts.byCode.keys.elementsEqual([1205]))
    }

    @Test func bodyCannotGoOnAfterAnErrorThatEndedItsTransaction() async throws {
        let pool = try await sharedPool(limit: 3, lockWait: .seconds(1))
        try await pool.withConnection { holder in
            try await holder.execute("START TRANSACTION")
            try await holder.execute("UPDATE t SET v = 100 WHERE id = 2")
            let error = await #expect(throws: MariaDBError.self) {
                try await pool.transaction("swallow", within: .milliseconds(1500)) { tx in
                    _ = try? await tx.execute("UPDATE t SET v = v + 1 WHERE id = 2")
                    _ = try? await tx.execute("UPDATE t SET v = v + 1 WHERE id = 1")
                }
            }
            #expect(error?.code == 1205)
            try await holder.execute("ROLLBACK")
        }
        #expect(try await values(pool) == [0, 0])
    }

    @Test func transactionThatGivesWayIsTriedOnce() async throws {
        let pool = try await sharedPool(limit: 2)
        try await pool.withConnection { holder in
            try await holder.execute("START TRANSACTION")
            try await holder.execute("UPDATE t SET v = 100 WHERE id = 2")
            let error = await #expect(throws: MariaDBError.self) {
                try await pool.transaction("give way", attempts: 1) { tx in
                    _ = try await tx.rows("SELECT v FROM t WHERE id = 2 FOR UPDATE NOWAIT")
                }
            }
            #expect(error?.code == 1205 && error?.attempts == 1)
        }
    }

    @Test func deadlineBoundsTheTries() async throws {
        let settings = ConnectionSettings(
            optionFile: try await PrivateMariaDB.shared.optionFilePath,
            endpoint: .tcp(host: "127.0.0.1", port: 1)
        )
        let pool = ConnectionPool(settings: settings, limit: 1, logger: logger)
        let error = await #expect(throws: MariaDBError.self) {
            try await pool.transaction("nobody", within: .seconds(1)) { _ in }
        }
        #expect(error?.class == .reconnect)
        #expect(try #require(error?.attempts) > 1)
        #expect(error?.outcomeUnknown == false)
    }

    @Test func ddlThatEndsTheTransactionIsSaid() async throws {
        let pool = try await sharedPool()
        let error = await #expect(throws: MariaDBError.self) {
            try await pool.transaction("ddl") { try await $0.execute("CREATE TABLE other (a INT)") }
        }
        #expect(error?.message.contains("has ended the transaction") == true)
    }

    @Test func killedConnectionIsTriedAgainOnAnother() async throws {
        let pool = try await sharedPool()
        let administration = try await Connection.open(PrivateMariaDB.shared.administration)
        let ids = Lock<[Int]>([])
        try await pool.transaction("victim") { tx in
            let id: Int = try await tx.rows("SELECT CONNECTION_ID() AS id")[0].decode("id")
            try await tx.execute("UPDATE t SET v = v + 1")
            let isFirst = ids.withLock { ids -> Bool in
                ids.append(id)
                return ids.count == 1
            }
            if isFirst { try await administration.execute("KILL CONNECTION \(id)") }
            try await tx.execute("UPDATE t SET v = v + 1")
        }
        #expect(ids.withLock { Set($0).count } == 2)
        #expect(try await values(pool) == [2, 2])
        #expect(pool.connectionCount == 1)
    }

    @Test func serverKilledInMidTransaction() async throws {
        let server = try await PrivateMariaDB.start()
        let pool = try await makePool(server.makeDatabase())
        let tries = Lock(0)
        try await pool.transaction("survivor", within: .seconds(60)) { tx in
            try await tx.execute("UPDATE t SET v = v + 1")
            let number = tries.withLock { count -> Int in
                count += 1
                return count
            }
            if number == 1 {
                try await server.kill()
                try await server.start()
            }
            try await tx.execute("UPDATE t SET v = v + 1")
        }
        #expect(tries.withLock { $0 } == 2)
        #expect(try await values(pool) == [2, 2])
        // And while it's down, for a pool that has only a dead connection.
        try await server.kill()
        async let later: Void = pool.transaction("patient", within: .seconds(60)) {
            try await $0.execute("UPDATE t SET v = 9")
        }
        while pool.retryCounts.total < 3 { try await Task.sleep(for: .milliseconds(5)) }
        try await server.start()
        try await later
        #expect(try await values(pool) == [9, 9])
        await pool.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test(arguments: [true, false]) func lostCommitIsSettledByItsBody(serverGotIt: Bool) async throws {
        let server = try await PrivateMariaDB.shared
        let forwarder = try TCPForwarder(to: server.port)
        defer { forwarder.close() }
        var settings = try await server.makeDatabase()
        settings.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port)
        let pool = try await makePool(settings)
        forwarder.setFault(serverGotIt ? .loseAnswerToCommit : .loseCommit)
        let seen = Lock<[Bool]>([])
        try await pool.transaction("settle") { tx in
            seen.withLock { $0.append(tx.previousOutcomeUnknown) }
            let v: Int = try await tx.rows("SELECT v FROM t WHERE id = 1 FOR UPDATE")[0].decode("v")
            if tx.previousOutcomeUnknown {
                #expect(v == (serverGotIt ? 1 : 0))
                if v == 1 { return }
            }
            try await tx.execute("UPDATE t SET v = v + 1 WHERE id = 1")
        }
        #expect(seen.withLock { $0 } == [false, true])
        #expect(try await values(pool) == [1, 0])
        #expect(pool.retryCounts.unknownOutcomes == 1)
    }

    @Test func outcomeThatStaysUnknownIsTold() async throws {
        let server = try await PrivateMariaDB.shared
        let forwarder = try TCPForwarder(to: server.port)
        var settings = try await server.makeDatabase()
        settings.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port)
        let pool = try await makePool(settings)
        forwarder.setFault(.loseAnswerToCommit)
        let error = await #expect(throws: MariaDBError.self) {
            try await pool.transaction("unsettled", within: .seconds(1)) { tx in
                // Nobody can connect any more once the answer is lost.
                forwarder.close()
                try await tx.execute("UPDATE t SET v = 7")
            }
        }
        #expect(error?.outcomeUnknown == true)
        #expect("\(try #require(error))".contains("it isn't known whether the transaction was committed"))
    }

    @Test func idleTransactionOfAStoppedClientEnds() async throws {
        var settings = try await PrivateMariaDB.shared.makeDatabase()
        settings.idleTransactionTimeout = .seconds(1)
        let pool = try await makePool(settings)
        let tries = Lock(0)
        let administration = try await Connection.open(PrivateMariaDB.shared.administration)
        try await pool.transaction("stopped") { tx in
            let id: Int = try await tx.rows("SELECT CONNECTION_ID() AS id")[0].decode("id")
            try await tx.execute("UPDATE t SET v = v + 1")
            let isFirst = tries.withLock { count -> Bool in
                count += 1
                return count == 1
            }
            let sql = "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE id = ?"
            while isFirst, try await administration.rows(sql, [.int(Int64(id))])[0].decode("n") == 1 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        // More than once where this machine is slower than the server's timeout.
        #expect(tries.withLock { $0 } >= 2)
        #expect(try await values(pool) == [1, 1])
        // The server hung up before the COMMIT was sent, but the client can't tell.
        #expect(pool.retryCounts.total == tries.withLock { $0 } - 1)
    }

    @Test func readOnlyServerIsWaitedFor() async throws {
        let server = try await PrivateMariaDB.start()
        let pool = try await makePool(server.makeDatabase())
        let administration = try await Connection.open(server.administration)
        try await administration.execute("SET GLOBAL read_only = 1")
        async let write: Void = pool.transaction("write") { try await $0.execute("UPDATE t SET v = 4") }
        while pool.retryCounts.total == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(pool.retryCounts.byCode.keys.elementsEqual([1290]))
        try await administration.execute("SET GLOBAL read_only = 0")
        try await write
        #expect(try await values(pool) == [4, 4])
        try await server.stop()
    }
}
