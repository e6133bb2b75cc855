import Concurrency
import Jobs
import MariaDB
import Testing

@testable import Worker

/// Pages that the list has and that aren't there when they are fetched: gone meanwhile, or not yet on a replica that lags.
@Suite(.timeLimit(.minutes(2)))
struct ListedAndMissingTests {
    /// A wiki of three pages that answers for page 2, from now on, so many times as if it weren't there.
    private struct LaggingWiki {
        let wiki: ScriptedWiki
        private let lagging: Lock<Int>

        init() throws {
            let lagging = Lock(0)
            self.lagging = lagging
            wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, state in
                guard let ids = request["pageids"]?.split(separator: "|"), ids.contains("2") else { return nil }
                let isLagging = lagging.withLock { left in
                    left -= 1
                    return left >= 0
                }
                guard isLagging else { return nil }
                let others = state.pages.filter { $0.id != 2 && ids.contains("\($0.id)") }.map { page in
                    page.info.merging(["revisions": [page.revisionInfo]]) { $1 }
                }
                return ScriptedWiki.reply([
                    "batchcomplete": true, "curtimestamp": ScriptedWiki.now,
                    "query": ["pages": others + [["pageid": 2, "missing": true]]],
                ])
            }
        }

        func lag(_ answers: Int) { lagging.withLock { $0 = answers } }

        func edit() {
            wiki.state.withLock { state in
                state.pages[1].revision = 22
                state.pages[1].text = "return 'edited'"
            }
        }
    }

    private func source(_ bench: Bench, _ pageID: Int) async throws -> String? {
        try await bench.rows(
            "SELECT source FROM modules JOIN module_sources USING (sha256) WHERE page_id = ?",
            [.int(Int64(pageID))]
        ).first?.decode("source")
    }

    @Test func editedPageIsLookedAtAgain() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        try await bench.harvest()
        lagging.edit()
        lagging.lag(1)
        let counts = try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 22", "Page_0003 3"])
        #expect(try await source(bench, 2) == "return 'edited'")
        #expect(counts["deleted"] == 0)
        #expect(counts["changed"] == 1)
        // 1 for the site, 1 for the list, 1 each for the two looks.
        #expect(counts["requests"] == 4)
    }

    @Test func untilTheSecondLookTheRowStaysAsItIs() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        try await bench.harvest()
        lagging.edit()
        lagging.lag(1)
        let job = try await bench.job()
        let first = try await bench.lease(job)
        // It ends before the next request, which would be the second look.
        lagging.wiki.state.withLock { $0.onAnswer = { if $0["pageids"] != nil { first.control.stop() } } }
        await #expect(throws: Stopping.self) { _ = try await ModulesWork().run(first) }
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2", "Page_0003 3"])
        #expect(try await source(bench, 2) == "return 2")
        #expect(try await bench.number("SELECT walk FROM modules WHERE page_id = 2") == 0)
        // Another worker takes that second look.
        lagging.wiki.state.withLock { $0.onAnswer = nil }
        _ = try await ModulesWork().run(try await bench.lease(job))
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 22", "Page_0003 3"])
        #expect(try await bench.number("SELECT COUNT(DISTINCT walk) FROM modules") == 1)
    }

    @Test func unknownPageThatIsThereAtTheSecondLook() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        lagging.lag(1)
        let counts = try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2", "Page_0003 3"])
        #expect(try await source(bench, 2) == "return 2")
        #expect(counts["new"] == 3)
        #expect(counts["deleted"] == 0)
    }

    @Test func pageThatIsGoneAtBothLooks() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        try await bench.harvest()
        lagging.edit()
        lagging.lag(2)
        let counts = try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2 deleted", "Page_0003 3"])
        // What was known of it is kept.
        #expect(try await source(bench, 2) == "return 2")
        #expect(counts["deleted"] == 1)
        // It is there after all.
        try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 22", "Page_0003 3"])
    }

    @Test func deletedPageThatComesBackAtTheSecondLook() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        try await bench.harvest()
        try await bench.execute("UPDATE modules SET deleted_at = observed_at WHERE page_id = 2")
        lagging.lag(1)
        try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2", "Page_0003 3"])
    }

    /// The list was begun anew, and the page went out of reach after its row had been stamped with this very walk.
    @Test func pageThatTheWalkHadSeenBefore() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        try await bench.harvest()
        let job = try await bench.job()
        try await bench.execute("UPDATE modules SET walk = ?", [.uint(job.rawValue)])
        lagging.edit()
        lagging.lag(1)
        _ = try await ModulesWork().run(try await bench.lease(job))
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 22", "Page_0003 3"])
    }

    /// The job that listed it got no further: the row says that it's missing, and a later walk doesn't believe that.
    @Test func missingRowIsFetchedByTheNextWalk() async throws {
        let lagging = try LaggingWiki()
        let bench = try await Bench(url: lagging.wiki.url)
        lagging.lag(1)
        let first = try await bench.lease(try await bench.job())
        lagging.wiki.state.withLock { $0.onAnswer = { if $0["pageids"] != nil { first.control.stop() } } }
        await #expect(throws: Stopping.self) { _ = try await ModulesWork().run(first) }
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2 missing", "Page_0003 3"])
        lagging.wiki.state.withLock { $0.onAnswer = nil }
        try await bench.execute(
            "UPDATE jobs SET state = 'cancelled', lease_id = NULL, worker = NULL, finished_at = NOW(6)"
        )
        try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2", "Page_0003 3"])
        let counts = try await bench.harvest()
        #expect(counts["fetched"] == 0)
    }
}
