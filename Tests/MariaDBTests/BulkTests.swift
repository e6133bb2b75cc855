import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct BulkTests {
    private let upsert = "INSERT INTO t VALUES (?,?,?,?,?,?) ON DUPLICATE KEY UPDATE b = VALUES(b), s = VALUES(s)"

    private func connect(rows: Int = 1000, bytes: Int = 4 << 20) async throws -> Connection {
        var settings = try await PrivateMariaDB.shared.makeDatabase()
        settings.bulkRowLimit = rows
        settings.bulkByteLimit = bytes
        let connection = try await Connection.open(settings)
        try await connection.execute(
            """
            CREATE TABLE t (u BIGINT UNSIGNED PRIMARY KEY, i TINYINT, d DOUBLE, b MEDIUMBLOB, s VARCHAR(99) CHARACTER SET utf8mb4, w DATETIME(6))
            """
        )
        return connection
    }

    private func columns(_ rows: Int, text: String = "é\u{1F980}") -> [Column] {
        let numbers = 0..<rows
        return [
            .uints(numbers.map { UInt64($0) }),
            .ints(numbers.map { $0 % 3 == 0 ? nil : Int64($0 % 100) - 50 }),
            .doubles(numbers.map { $0 % 4 == 0 ? nil : Double($0) / 2 }),
            .bytes(numbers.map { $0 % 5 == 0 ? nil : [UInt8](repeating: UInt8($0 % 256), count: $0 % 7) }),
            .strings(numbers.map { $0 % 6 == 0 ? nil : "\(text)\($0)" }),
            .timestamps(numbers.map { $0 % 7 == 0 ? nil : Timestamp(microseconds: Int64($0) * 1_000_001) }),
        ]
    }

    /// Limits that give one packet, many with a tail, and one for each row.
    @Test(arguments: [(1000, 4 << 20), (100, 4 << 20), (1000, 2000), (1000, 1)])
    func allTypesWithNullsInSlices(limits: (rows: Int, bytes: Int)) async throws {
        let connection = try await connect(rows: limits.rows, bytes: limits.bytes)
        #expect(try await connection.executeBulk(upsert, columns(333)).affectedRows == 333)
        let rows = try await connection.rows("SELECT * FROM t ORDER BY u")
        #expect(rows.count == 333)
        for (number, row) in rows.enumerated() {
            let text = Array("é\u{1F980}\(number)".utf8)
            let expected: [Value] = [
                .uint(UInt64(number)),
                number % 3 == 0 ? .null : .int(Int64(number % 100) - 50),
                number % 4 == 0 ? .null : .double(Double(number) / 2),
                number % 5 == 0 ? .null : .bytes([UInt8](repeating: UInt8(number % 256), count: number % 7)),
                number % 6 == 0 ? .null : .bytes(text),
                number % 7 == 0 ? .null : .datetime(Timestamp(microseconds: Int64(number) * 1_000_001)),
            ]
            try #require(row.values == expected)
        }
        // Nothing changes; then 277 texts do (every sixth is NULL); an upsert counts those twice.
        #expect(try await connection.executeBulk(upsert, columns(333)).affectedRows == 0)
        #expect(try await connection.executeBulk(upsert, columns(333, text: "other")).affectedRows == 277 * 2)
    }

    @Test(arguments: [1000, 10]) func badRowFailsWhole(rowLimit: Int) async throws {
        let connection = try await connect(rows: rowLimit)
        var bad = columns(50)
        bad[1] = .ints((0..<50).map { $0 == 42 ? 1000 : 1 })
        let error = await #expect(throws: MariaDBError.self) { try await connection.executeBulk(upsert, bad) }
        #expect(error?.code == 1264)
        #expect(try await connection.rows("SELECT * FROM t").isEmpty)
        // The same prepared statement still works.
        #expect(try await connection.executeBulk(upsert, columns(50)).affectedRows == 50)
    }

    @Test func updatesAndDeletes() async throws {
        let connection = try await connect()
        try await connection.executeBulk(upsert, columns(100))
        let updated = try await connection.executeBulk(
            "UPDATE t SET s = ? WHERE u = ?",
            [.strings(["a", "b", "c"]), .uints([1, 2, 1000])]
        )
        #expect(updated.affectedRows == 2)
        #expect(
            try await connection.executeBulk("DELETE FROM t WHERE u = ?", [.uints([1, 2, 1000])]).affectedRows == 2
        )
        // One statement, executed with and without arrays by turns.
        #expect(try await connection.execute("DELETE FROM t WHERE u = ?", [.uint(3)]).affectedRows == 1)
        #expect(try await connection.executeBulk("DELETE FROM t WHERE u = ?", [.uints([4, 5])]).affectedRows == 2)
        #expect(try await connection.rows("SELECT COUNT(*) FROM t")[0].decode(at: 0) == 95)
    }

    @Test func noRowsAndUnevenColumns() async throws {
        let connection = try await connect()
        #expect(try await connection.executeBulk(upsert, columns(0)).affectedRows == 0)
        await #expect(throws: MariaDBError.self) {
            try await connection.executeBulk("INSERT INTO t (u, i) VALUES (?,?)", [.uints([1, 2]), .ints([1])])
        }
    }

    @Test func largeRowsGoAndTooLargeOnesAreSaid() async throws {
        let connection = try await connect()
        let blob = [UInt8](repeating: 7, count: 3 << 20)
        let sql = "INSERT INTO t (u, b) VALUES (?, ?)"
        let outcome = try await connection.executeBulk(
            sql,
            [.uints([1, 2, 3, 4, 5]), .bytes([blob, blob, blob, blob, blob])]
        )
        #expect(outcome.affectedRows == 5)
        #expect(try await connection.rows("SELECT SUM(LENGTH(b)) AS n FROM t")[0].decode("n") == 5 * blob.count)
        let error = await #expect(throws: MariaDBError.self) {
            try await connection.executeBulk(sql, [.uints([6]), .bytes([[UInt8](repeating: 7, count: 20 << 20)])])
        }
        #expect(error?.code == 1153)
        #expect(await connection.ping())
    }
}
