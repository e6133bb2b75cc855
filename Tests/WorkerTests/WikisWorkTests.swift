import Concurrency
import Jobs
import MariaDB
import MediaWiki
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

    private func sync(_ wiki: ScriptedWiki, _ bench: Bench) async throws -> [String: UInt64] {
        let parameters = try WikiSource.api(url: wiki.url).parameters()
        return try await WikisWork().run(bench.lease(bench.job(.wikis), .wikis, parameters: parameters))
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
}
