import Concurrency
import Jobs
import MariaDB
import Testing

@testable import Worker

/// A database that kills statements which write too many rows: the walk writes fewer at once.
@Suite(.timeLimit(.minutes(2)))
struct SmallerPiecesTests {
    /// Lets a transaction write so many rows of modules. A transaction ends with its checkpoint, or by being killed.
    private func limit(_ bench: Bench, rows: Int, code: Int) async throws {
        try await bench.execute(
            """
            CREATE TRIGGER rows_of_modules BEFORE INSERT ON modules FOR EACH ROW BEGIN
                SET @rows = COALESCE(@rows, 0) + 1;
                IF @rows > \(rows) THEN
                    SET @rows = 0;
                    SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = \(code), MESSAGE_TEXT = 'killed';
                END IF;
            END
            """
        )
        try await bench.execute("CREATE TRIGGER end BEFORE INSERT ON checkpoints FOR EACH ROW SET @rows = 0")
    }

    // Query was killed; max_statement_time exceeded.
    @Test(arguments: [1317, 1969]) func killedTransactionsAreMadeSmaller(_ code: Int) async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(40))
        wiki.state.withLock { state in
            for index in 20..<40 { state.pages[index].contentModel = "wikitext" }
        }
        let bench = try await Bench(url: wiki.url)
        try await limit(bench, rows: 3, code: code)
        let counts = try await bench.harvest()
        #expect(try await bench.number("SELECT COUNT(*) FROM modules WHERE sha256 IS NOT NULL") == 20)
        #expect(try await bench.number("SELECT COUNT(*) FROM modules WHERE sha256 IS NULL") == 20)
        #expect(counts["listed"] == 40)
        #expect(counts["new"] == 40)
        #expect(counts["fetched"] == 20)
        // Pieces of 2 rows, after those of 20, 10 and 5: ten each of the two kinds of page, and the end.
        #expect(try await bench.number("SELECT sequence FROM checkpoints") == 21)
        // The wiki isn't asked again for what the database didn't take.
        #expect(wiki.requests.count == 3)
    }

    @Test func aSingleRowThatIsKilled() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(8))
        let bench = try await Bench(url: wiki.url)
        try await limit(bench, rows: 0, code: 1969)
        let context = try await bench.lease(try await bench.job())
        let error = await #expect(throws: MariaDBError.self) { _ = try await ModulesWork().run(context) }
        #expect(error?.class == .killed)
        #expect(try await bench.pages() == [])
    }
}
