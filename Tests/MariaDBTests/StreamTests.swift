import Glibc
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct StreamTests {
    private func connect() async throws -> Connection {
        try await Connection.open(PrivateMariaDB.shared.makeDatabase())
    }

    @Test(arguments: [0, 1, 255, 256, 257, 1000]) func allRowsInOrder(count: Int) async throws {
        let connection = try await connect()
        var next = 1
        for try await batch in connection.stream("SELECT seq FROM seq_1_to_1000 WHERE seq <= ?", [.int(Int64(count))]) {
            #expect(batch.count <= 256)
            for row in batch {
                try #require(row.decode(at: 0) == next)
                next += 1
            }
        }
        #expect(next == count + 1)
        #expect(try await connection.rows("SELECT 1").count == 1)
    }

    @Test func memoryStaysFlat() async throws {
        let connection = try await connect()
        // 600 MB in all, of which a batch may hold 4 MB.
        let stream = connection.stream("SELECT seq, REPEAT(CHAR(65 + seq % 26), 20000) AS text FROM seq_1_to_30000")
        var count = 0
        var bytes = 0
        var start = 0
        for try await batch in stream {
            if count == 0 { start = try residentBytes() }
            count += batch.count
            for row in batch { bytes += try row.decode("text", as: [UInt8].self).count }
        }
        #expect(count == 30000)
        #expect(bytes == 30000 * 20000)
        // Other tests run in this process as well, and Address Sanitizer keeps freed memory: hence the room.
        #expect(try residentBytes() - start < 450 << 20)
    }

    @Test func connectionIsBusyUntilTheStreamEnds() async throws {
        let connection = try await connect()
        var iterator = connection.stream("SELECT seq FROM seq_1_to_1000", batch: 10).makeAsyncIterator()
        _ = try await iterator.next()
        let error = await #expect(throws: MariaDBError.self) { try await connection.rows("SELECT 1") }
        #expect(error?.message.contains("busy") == true)
        #expect(error?.class == .permanent)
        while try await iterator.next() != nil {}
        #expect(try await iterator.next() == nil)
        #expect(try await connection.rows("SELECT 1").count == 1)
    }

    @Test func shortRestOfAnAbandonedStreamIsSkipped() async throws {
        let connection = try await connect()
        for try await _ in connection.stream("SELECT seq FROM seq_1_to_1000", batch: 10) { break }
        #expect(try await connection.rows("SELECT 5")[0].decode(at: 0) == 5)
    }

    @Test func longRestCostsTheConnection() async throws {
        let connection = try await connect()
        for try await _ in connection.stream("SELECT seq FROM seq_1_to_100000000", batch: 10) { break }
        let error = await #expect(throws: MariaDBError.self) { try await connection.rows("SELECT 5") }
        #expect(error?.class == .reconnect)
        #expect(await !connection.ping())
    }

    @Test func longRestFailsItsTransactionForGood() async throws {
        let connection = try await connect()
        let error = await #expect(throws: MariaDBError.self) {
            try await connection.transaction("abandon") { tx in
                for try await _ in tx.stream("SELECT seq FROM seq_1_to_100000000", batch: 10) { break }
                try await tx.execute("SELECT 1")
            }
        }
        #expect(error?.class == .permanent)
        #expect(error?.message.contains("left unread") == true)
    }

    @Test func errorAmidTheRowsComesThrough() async throws {
        let connection = try await connect()
        var seen = 0
        let error = await #expect(throws: MariaDBError.self) {
            let sql = "SELECT IF(seq < 2000, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_5000"
            for try await batch in connection.stream(sql) { seen += batch.count }
        }
        #expect(error?.code == 1242)
        #expect(seen < 5000)
        #expect(try await connection.rows("SELECT 1").count == 1)
    }

    @Test func cancellationEndsTheStream() async throws {
        let connection = try await connect()
        let task = Task {
            for try await _ in connection.stream("SELECT seq FROM seq_1_to_100000000", batch: 10) {
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    private func residentBytes() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        try #require(fgets(&line, 256, file) != nil)
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return try #require(Int(text.split(separator: " ")[1])) * Int(getpagesize())
    }
}
