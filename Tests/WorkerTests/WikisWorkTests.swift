import Concurrency
import Jobs
import MariaDB
import MediaWiki
import PrivateMariaDB
import RawServer
import Testing

@testable import Worker

/// Lists of wikis, from an API that fails now and then or goes round in circles.
@Suite(.timeLimit(.minutes(2)))
struct WikisWorkTests {
    /// A part of SiteMatrix with one wiki, and where the next part begins.
    private static func part(_ dbname: String, next: String?) -> ScriptedWiki.Reply {
        let site = ["url": "https://\(dbname).example", "dbname": dbname, "code": "wiki", "lang": "aa"]
        var answer: [String: Any] = ["sitematrix": ["count": 1, "0": ["code": "aa", "site": [site]]]]
        if let next { answer["query-continue"] = ["sitematrix": ["smcontinue": next]] }
        return ScriptedWiki.reply(answer)
    }

    /// All of SiteMatrix, with sites of these fields.
    private static func matrix(_ sites: [[String: Any]]) -> ScriptedWiki.Reply {
        ScriptedWiki.reply(["sitematrix": ["count": sites.count, "0": ["code": "aa", "site": sites]]])
    }

    private static func site(_ dbname: String) -> [String: Any] {
        ["url": "https://\(dbname).example", "dbname": dbname, "code": "wiki"]
    }

    private func sync(_ wiki: ScriptedWiki, _ bench: Bench) async throws -> [String: UInt64] {
        try await sync(.api(url: wiki.url), bench)
    }

    private func sync(_ source: WikiSource, _ bench: Bench) async throws -> [String: UInt64] {
        let job = try await bench.job(.wikis)
        let context = try await bench.lease(job, .wikis, parameters: source.parameters())
        let result: Result<[String: UInt64], any Error>
        do {
            result = .success(try await WikisWork().run(context))
        } catch {
            result = .failure(error)
        }
        try await bench.finish(job)
        return try result.get()
    }

    /// What becomes of a job whose work throws.
    private func failure(_ source: WikiSource, _ bench: Bench) async throws -> JobResult? {
        do {
            _ = try await sync(source, bench)
            return nil
        } catch {
            return JobResult(error, lease: .held, site: .site("test"), wiki: "")
        }
    }

    /// The names of the wikis of a source, with a `-` before those that have vanished.
    private func wikis(_ bench: Bench, _ source: String) async throws -> [String] {
        try await bench.rows(
            """
            SELECT CONCAT(IF(vanished_at IS NULL, '', '-'), dbname) AS name FROM wikis WHERE source = ? ORDER BY dbname
            """,
            [.string(source)]
        ).map { try $0.decode("name") }
    }

    @Test func serverErrorsThatPassAreWaitedOut() async throws {
        let errors = Lock(2)
        let wiki = try ScriptedWiki([]) { request, _ in
            let fails = errors.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { return .init(status: "502 Bad Gateway", headers: [], body: "<h1>Later</h1>") }
            return request["smcontinue"] == nil
                ? Self.part("aawiki", next: "language|1") : Self.part("abwiki", next: nil)
        }
        let bench = try await Bench(url: wiki.url)
        let counts = try await sync(wiki, bench)
        #expect(counts["listed"] == 2)
        #expect(counts["added"] == 2)
        let listed: [String] = try await bench.rows("SELECT dbname FROM wikis WHERE source = 'api' ORDER BY dbname")
            .map { try $0.decode("dbname") }
        #expect(listed == ["aawiki", "abwiki"])
    }

    @Test func circleIsNoticedAndNothingIsWritten() async throws {
        let wiki = try ScriptedWiki([]) { request, _ in
            Self.part("aawiki", next: request["smcontinue"] == "a" ? "b" : "a")
        }
        let bench = try await Bench(url: wiki.url)
        await #expect(throws: CannotBeDone.self) { try await sync(wiki, bench) }
        #expect(wiki.requests.count == 3)
        #expect(try await bench.number("SELECT COUNT(*) FROM wikis WHERE source = 'api'") == 0)
    }

    // MARK: Entries that can't be used

    @Test func wikiWithAnUnusableEntryIsNotGone() async throws {
        let sites = Lock(["aawiki", "abwiki", "acwiki", "adwiki", "aewiki", "afwiki"].map(Self.site))
        let wiki = try ScriptedWiki([]) { _, _ in sites.withLock { Self.matrix($0) } }
        let bench = try await Bench(url: wiki.url)
        #expect(try await sync(wiki, bench)["added"] == 6)
        sites.withLock { sites in
            sites[1]["url"] = ""
            sites[2]["url"] = "None"
            sites[3]["url"] = false
            sites[4]["url"] = "https://" + String(repeating: "x", count: 300) + ".example"
            sites.remove(at: 5)
            // Nobody knows which wiki this one is about.
            sites.append(["url": "https://agwiki.example"])
        }
        let counts = try await sync(wiki, bench)
        #expect(try await wikis(bench, "api") == ["aawiki", "abwiki", "acwiki", "adwiki", "aewiki", "-afwiki"])
        #expect(counts["listed"] == 1)
        #expect(counts["unusable"] == 5)
        #expect(counts["vanished"] == 1)
        #expect(counts["changed"] == 0)
        let urls: [String] = try await bench.rows("SELECT url FROM wikis WHERE dbname = 'abwiki'")
            .map { try $0.decode("url") }
        #expect(urls == ["https://abwiki.example/w"])
    }

    @Test func duplicatesOfALiveListAreDropped() async throws {
        var again = Self.site("aawiki")
        again["url"] = "https://elsewhere.example"
        let sites = [Self.site("aawiki"), again, Self.site("abwiki"), Self.site("abwiki")]
        let reply = Self.matrix(sites)
        let wiki = try ScriptedWiki([]) { _, _ in reply }
        let bench = try await Bench(url: wiki.url)
        let counts = try await sync(wiki, bench)
        #expect(counts["listed"] == 2)
        #expect(counts["unusable"] == 2)
        #expect(try await wikis(bench, "api") == ["aawiki", "abwiki"])
        let urls: [String] = try await bench.rows("SELECT url FROM wikis WHERE dbname = 'aawiki'")
            .map { try $0.decode("url") }
        #expect(urls == ["https://aawiki.example/w"])
    }

    @Test func rowsOfMetaThatCannotBeUsed() async throws {
        let wiki = try ScriptedWiki([])
        var bench = try await Bench(url: wiki.url)
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        bench.metaDatabase = settings
        let meta = try await Connection.open(settings)
        try await meta.execute(
            """
            CREATE TABLE wiki (dbname VARCHAR(32) PRIMARY KEY, lang VARCHAR(99), name TEXT, family TEXT, url TEXT,
                is_closed NUMERIC(1))
            """
        )
        for name in ["aawiki", "abwiki", "acwiki", "adwiki", "aewiki"] {
            try await meta.execute(
                "INSERT INTO wiki VALUES (?, 'aa', 'None', 'wikipedia', ?, 0)",
                [.string(name), .string("https://\(name).example")]
            )
        }
        #expect(try await sync(.meta, bench)["added"] == 5)
        try await meta.execute("UPDATE wiki SET url = 'None' WHERE dbname = 'abwiki'")
        try await meta.execute("UPDATE wiki SET url = NULL WHERE dbname = 'acwiki'")
        try await meta.execute("UPDATE wiki SET lang = REPEAT('a', 36) WHERE dbname = 'adwiki'")
        try await meta.execute("DELETE FROM wiki WHERE dbname = 'aewiki'")
        let counts = try await sync(.meta, bench)
        #expect(try await wikis(bench, "meta") == ["aawiki", "abwiki", "acwiki", "adwiki", "-aewiki"])
        #expect(counts["unusable"] == 3)
        #expect(counts["listed"] == 1)
        await meta.close()
    }

    @Test func metaThatCannotBeReadIsNoFaultOfTheWorker() async throws {
        var bench = try await Bench(url: "http://127.0.0.1/w")
        bench.metaDatabase = try await PrivateMariaDB.shared.makeDatabase()
        guard case .failed(let message, permanent: false, _) = try await failure(.meta, bench) else {
            Issue.record("it should have failed for now")
            return
        }
        #expect(message.hasPrefix("meta_p can't be read"))
        #expect(message.contains("1146"))
    }

    @Test func filesStayStrict() async throws {
        let bench = try await Bench(url: "http://127.0.0.1/w")
        func wiki(_ dbname: String, family: String = "wikipedia") throws -> WikiDescription {
            try WikiDescription(dbname: dbname, url: "https://\(dbname).example/w", language: "aa", family: family)
        }
        let lists = [
            [try wiki("aawiki"), try wiki("aawiki")],
            [try wiki("aawiki"), try wiki("abwiki", family: String(repeating: "f", count: 33))], [],
        ]
        for list in lists {
            let reason = try #require(try await failure(.list(list), bench)?.failure)
            #expect(reason.hasSuffix("nothing was changed"))
            #expect(!reason.contains("\n"))
        }
        #expect(try await wikis(bench, "list") == ["testwiki"])
    }

    // MARK: Lists that are none

    @Test(arguments: [#"{"batchcomplete":true}"#, #"{"sitematrix":[]}"#, #"{"sitematrix":{"count":0}}"#])
    func answerWithoutWikisFailsForGood(_ body: String) async throws {
        let wiki = try ScriptedWiki([]) { _, _ in .init(body: body) }
        let bench = try await Bench(url: wiki.url)
        let reason = try #require(try await failure(.api(url: wiki.url), bench)?.failure)
        #expect(!reason.contains("\n"))
        #expect(wiki.requests.count == 1)
        #expect(try await wikis(bench, "list") == ["testwiki"])
    }

    @Test func wrongParametersFailForGood() async throws {
        let bench = try await Bench(url: "http://127.0.0.1/w")
        #expect(try await failure(.api(url: "ftp://wiki.example"), bench)?.failure?.contains("bad url") == true)
        let context = try await bench.lease(try await bench.job(.wikis), .wikis, parameters: Array("{}".utf8))
        let error = await #expect(throws: InvalidParameters.self) { _ = try await WikisWork().run(context) }
        let result = try JobResult(#require(error), lease: .held, site: .site("test"), wiki: "")
        #expect(result.failure?.contains("wikis sync") == true)
    }

    // MARK: Clocks

    /// The clock of the database's session, not the worker's, says which list is the later one.
    @Test func listsAreDatedByTheDatabase() async throws {
        let sites = Lock([Self.site("aawiki")])
        let wiki = try ScriptedWiki([]) { _, _ in sites.withLock { Self.matrix($0) } }
        let bench = try await Bench(url: wiki.url, connections: 1)
        // In 2036.
        try await bench.execute("SET timestamp = 2082758400.25")
        #expect(try await sync(wiki, bench)["added"] == 1)
        sites.withLock { $0[0]["url"] = "https://moved.example" }
        try await bench.execute("SET timestamp = 2082758401.5")
        #expect(try await sync(wiki, bench)["changed"] == 1)
        let row = try #require(try await bench.rows("SELECT * FROM wikis WHERE dbname = 'aawiki'").first)
        #expect(try row.decode("url") == "https://moved.example/w")
        #expect(try row.decode("first_seen_at") == Timestamp(microseconds: 2_082_758_400_250_000))
        #expect(try row.decode("observed_at") == Timestamp(microseconds: 2_082_758_401_500_000))
    }
}
