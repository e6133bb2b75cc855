import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct StatementTests {
    private func connect(_ change: (inout ConnectionSettings) -> Void = { _ in }) async throws -> Connection {
        var settings = try await PrivateMariaDB.shared.makeDatabase()
        change(&settings)
        return try await Connection.open(settings)
    }

    private func fails(_ code: Int, _ body: () async throws -> Void) async {
        let error = await #expect(throws: MariaDBError.self) { try await body() }
        #expect(error?.code == code)
    }

    @Test func sessionIsSetUp() async throws {
        let row = try await connect().rows(
            """
            SELECT @@tx_isolation AS isolation, @@innodb_lock_wait_timeout AS lock_wait, @@sql_mode AS mode,
                @@idle_transaction_timeout AS idle, @@time_zone AS zone, @@character_set_connection AS charset,
                @@max_statement_time AS statement_time, @@autocommit AS autocommit
            """
        )[0]
        #expect(try row.decode("isolation") == "READ-COMMITTED")
        #expect(try row.decode("lock_wait") == 5)
        #expect(try row.decode("idle") == 15)
        #expect(try row.decode("zone") == "+00:00")
        #expect(try row.decode("charset") == "utf8mb4")
        #expect(try row.decode("mode", as: String.self).contains("STRICT_ALL_TABLES"))
        #expect(try row.decode("statement_time") == 60.0)
        #expect(try row.decode("autocommit") == true)
    }

    @Test func affectedRowsAndIDs() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
        #expect(
            try await connection.execute("INSERT INTO t (v) VALUES (?), (?)", [.int(1), .int(2)]).lastInsertID == 1
        )
        #expect(try await connection.execute("UPDATE t SET v = 5").affectedRows == 2)
        #expect(try await connection.execute("UPDATE t SET v = 5").affectedRows == 0)
        #expect(try await connection.execute("DROP TABLE IF EXISTS absent").warnings == 1)
    }

    @Test func tooManyRowsAreAnErrorAndTheConnectionGoesOn() async throws {
        let connection = try await connect()
        let error = await #expect(throws: TooManyRows.self) {
            try await connection.rows("SELECT seq FROM seq_1_to_10", limit: 3)
        }
        #expect(error?.limit == 3)
        #expect(try await connection.rows("SELECT seq FROM seq_1_to_10", limit: 10).count == 10)
        // So many more that they aren't read to their end.
        await #expect(throws: TooManyRows.self) {
            try await connection.rows("SELECT seq FROM seq_1_to_100000000", limit: 3)
        }
        #expect(await !connection.ping())
    }

    @Test func errorsAreOneLineWithoutValues() async throws {
        let connection = try await connect()
        let error = await #expect(throws: MariaDBError.self) {
            try await connection.rows("SELECT\n  ?,\n  nothing\n FROM\n\n  x y z", [.string("secret")])
        }
        let text = "\(try #require(error))"
        #expect(text.contains("in \"SELECT ?, nothing FROM x y z\""))
        #expect(!text.contains("\n") && !text.contains("secret"))
    }

    @Test func permanentErrorsAndWrongUse() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TABLE t (id INT PRIMARY KEY, v TINYINT NOT NULL)")
        try await connection.execute("INSERT INTO t VALUES (1, 1)")
        for (sql, code) in [
            ("SELEC 1", 1064), ("INSERT INTO t VALUES (1, 1)", 1062),
            ("INSERT INTO t VALUES (2, 1000)", 1264), ("INSERT INTO t VALUES (2, NULL)", 1048),
            ("INSERT INTO t (id) VALUES (2)", 1364), ("INSERT INTO t VALUES (2, 'x')", 1366),
        ] {
            let error = await #expect(throws: MariaDBError.self) { try await connection.execute(sql) }
            #expect(error?.code == code)
            #expect(error?.class == .permanent)
            #expect(error?.statement == sql)
        }
        for (sql, code) in [("SELECT * FROM absent", 1146), ("SELECT absent FROM t", 1054), ("USE absent", 1044)] {
            let error = await #expect(throws: MariaDBError.self) { try await connection.execute(sql) }
            #expect(error?.code == code)
            #expect(error?.class == .setup)
        }
        await fails(2014) { try await connection.execute("SELECT ?", []) }
        #expect(try await connection.rows("SELECT COUNT(*) AS n FROM t")[0].decode("n") == 1)
    }

    @Test func timeLimitOfTheServerIsToldAsKilled() async throws {
        let connection = try await connect { $0.statementTimeout = .seconds(1) }
        let error = await #expect(throws: MariaDBError.self) {
            try await connection.rows("SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b")
        }
        #expect(error?.class == .killed)
        #expect(await connection.ping())
    }

    @Test func preparedStatementsAreBounded() async throws {
        let connection = try await connect { $0.preparedStatementLimit = 3 }
        for round in 0..<2 {
            for number in 0..<10 {
                #expect(
                    try await connection.rows("SELECT \(number) AS n, ? AS r", [.int(Int64(round))])[0].decode("n")
                        == number
                )
            }
        }
        let status = try await connection.rows("SHOW SESSION STATUS LIKE 'Com_stmt_close'")
        let closed = try #require(Int(status[0].decode(at: 1, as: String.self)))
        let opened = try await connection.rows("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'")
        #expect(try #require(Int(opened[0].decode(at: 1, as: String.self))) - closed <= 4)
    }

    @Test func columnsThatChangeUnderAPreparedStatement() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TABLE t (a INT)")
        try await connection.execute("INSERT INTO t VALUES (7)")
        #expect(try await connection.rows("SELECT * FROM t")[0].values == [.int(7)])
        try await connection.execute("ALTER TABLE t MODIFY a BIGINT UNSIGNED")
        #expect(try await connection.rows("SELECT * FROM t")[0].values == [.uint(7)])
        // Another number of columns is beyond the library: the connection is given up, for the next one to work.
        try await connection.execute("ALTER TABLE t ADD COLUMN b INT")
        let error = await #expect(throws: MariaDBError.self) { try await connection.rows("SELECT * FROM t") }
        #expect(error?.class == .reconnect)
        #expect(await !connection.ping())
    }

    @Test func packetsOverTheServersLimitAreNotSent() async throws {
        let connection = try await connect()
        let limit: Int = try await connection.rows("SELECT @@max_allowed_packet AS n")[0].decode("n")
        let bytes = [UInt8](repeating: 1, count: limit)
        await fails(1153) { _ = try await connection.rows("SELECT LENGTH(?)", [.bytes(bytes)]) }
        #expect(await connection.ping())
        let most = Array(bytes.dropLast(2048))
        #expect(try await connection.rows("SELECT LENGTH(?) AS n", [.bytes(most)])[0].decode("n") == most.count)
    }

    @Test func cancelledTaskSendsNothing() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TABLE t (a INT)")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await connection.execute("INSERT INTO t VALUES (1)")
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.rows("SELECT * FROM t").isEmpty)
    }

    @Test func closedConnectionSaysSo() async throws {
        let connection = try await connect()
        await connection.close()
        let error = await #expect(throws: MariaDBError.self) { try await connection.rows("SELECT 1") }
        #expect(error?.class == .reconnect)
        #expect(await !connection.ping())
    }
}
