import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct ValueTests {
    private func connect() async throws -> Connection {
        try await Connection.open(PrivateMariaDB.shared.makeDatabase())
    }

    @Test func everyTypeComesBackAsItWent() async throws {
        let connection = try await connect()
        try await connection.execute(
            """
            CREATE TABLE t (id INT PRIMARY KEY, i BIGINT, u BIGINT UNSIGNED, d DOUBLE, b VARBINARY(255),
                s VARCHAR(255) CHARACTER SET utf8mb4, w DATETIME(6), l LONGBLOB, y TINYINT, e ENUM('a','b'))
            """
        )
        let blob = (0..<(2 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let times = [
            Timestamp(microseconds: 1_700_000_000_123_456), Timestamp(microseconds: -1),
            Timestamp(microseconds: 253_402_300_799_999_999),
        ]
        let rows: [[Value]] = [
            [
                .int(1), .int(.min), .uint(.max), .double(0.1), .bytes([0xff, 0x00, 0xc3, 0x28]),
                .string("\u{1F980} ß"),
                .datetime(times[0]), .bytes(blob), .int(-128), .string("a"),
            ],
            [
                .int(2), .int(.max), .uint(0), .double(-1.5e300), .bytes([]), .string(""), .datetime(times[1]),
                .bytes([]), .int(127), .string("b"),
            ],
            [.int(3), .null, .null, .null, .null, .null, .datetime(times[2]), .null, .null, .null],
        ]
        for row in rows {
            let outcome = try await connection.execute("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)", row)
            #expect(outcome.affectedRows == 1)
        }
        let found = try await connection.rows("SELECT * FROM t ORDER BY id")
        let expected = rows.map { row in
            row.map { value -> Value in if case .string(let text) = value { .bytes(Array(text.utf8)) } else { value } }
        }
        #expect(found.map(\.values) == expected)
        #expect(try found[0].decode("s") == "\u{1F980} ß")
        #expect(try found[0].decode("w") == times[0])
        #expect(try found[2].decode("s", as: String?.self) == nil)
        #expect(try found[0].decode("y", as: Int8?.self) == -128)
    }

    @Test func timesAreTheServersTimes() async throws {
        let connection = try await connect()
        let texts = [
            "1970-01-01 00:00:00.000000", "2000-02-29 23:59:59.999999", "1900-03-01 00:00:00.000001",
            "1000-01-01 00:00:00.000000", "9999-12-31 23:59:59.000000", "2024-12-31 12:34:56.789012",
        ]
        for text in texts {
            let rows = try await connection.rows(
                "SELECT CAST(? AS DATETIME(6)) AS time, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ?) AS number",
                [.string(text), .string(text)]
            )
            let time: Timestamp = try rows[0].decode("time")
            #expect(try rows[0].decode("number") == time.microseconds)
            let back = try await connection.rows(
                "SELECT DATE_FORMAT(?, '%Y-%m-%d %H:%i:%s.%f') AS text",
                [.datetime(time)]
            )
            #expect(try back[0].decode("text") == text)
        }
        #expect(Timestamp(microseconds: 1_500_000).description == "1970-01-01T00:00:01.5Z")
        let now = try await connection.rows("SELECT UTC_TIMESTAMP(6) AS now, NOW(6) AS local")
        #expect(
            try abs(now[0].decode("now", as: Timestamp.self).microseconds - Timestamp.now.microseconds) < 60_000_000
        )
        #expect(
            try abs(now[0].decode("local", as: Timestamp.self).microseconds - Timestamp.now.microseconds) < 60_000_000
        )
    }

    @Test func sumsAreIntegers() async throws {
        let row = try await connect().rows(
            "SELECT SUM(n) AS sum, AVG(n) AS mean, COUNT(*) AS count FROM (SELECT 1 AS n UNION ALL SELECT 2) AS t"
        )[0]
        #expect(try row.decode("sum") == 3)
        #expect(try row.decode("count") == 2)
        #expect(try row.decode("mean") == "1.5000")
    }

    @Test func wrongFieldsAreSaid() async throws {
        let row = try await connect().rows("SELECT 300 AS n, NULL AS nothing, x'ff' AS broken, 'secret' AS text")[0]
        func problem(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(problem { _ = try row.decode("n", as: UInt8.self) } == "column n holds an integer that is no UInt8")
        #expect(
            problem { _ = try row.decode("nothing", as: Int.self) } == "column nothing is NULL, where Int is expected"
        )
        #expect(
            problem { _ = try row.decode("broken", as: String.self) } == "column broken holds bytes that is no String"
        )
        #expect(problem { _ = try row.decode("text", as: Int.self) } == "column text holds bytes that is no Int")
        #expect(problem { _ = try row.decode("absent", as: Int.self) } == "column absent isn't in the result")
        #expect(problem { _ = try row.decode(at: 4, as: Int.self) }.contains("isn't in the result, which has 4"))
        #expect(try row.decode("broken") == [0xff] as [UInt8])
    }
}
