import Catalog
import Concurrency
import Jobs
import MariaDB
import Testing

@testable import Worker

/// The walk over a namespace, against a wiki that behaves.
@Suite(.timeLimit(.minutes(2)))
struct ModulesWorkTests {
    @Test func fewChangesInALongListAreFetchedTogether() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(330), listSize: 100)
        let bench = try await Bench(url: wiki.url)
        let first = try await bench.harvest()
        #expect(first["listed"] == 330)
        #expect(first["fetched"] == 330)
        #expect(first["new"] == 330)
        #expect(first["requests"] == 1 + 4 + 7)
        #expect(wiki.requests.count == 1 + 4 + 7)
        #expect(try await bench.number("SELECT COUNT(*) FROM modules WHERE sha256 IS NOT NULL") == 330)

        wiki.state.withLock { state in
            for index in stride(from: 5, to: 330, by: 10) {
                state.pages[index].revision += 1000
                state.pages[index].text += " -- changed"
            }
        }
        let second = try await bench.harvest()
        #expect(second["changed"] == 33)
        #expect(second["requests"] == 1 + 4 + 1)
        #expect(try await bench.number("SELECT COUNT(*) FROM modules WHERE lastrevid > 1000") == 33)

        let third = try await bench.harvest()
        #expect(third["fetched"] == 0)
        #expect(third["requests"] == 1 + 4)
    }

    @Test func handedOverInTheMiddleOfTheList() async throws {
        let control = Lock<JobControl?>(nil)
        let wiki = try ScriptedWiki(ScriptedWiki.pages(180), listSize: 60) { request, _ in
            // Asked to stop while the second part of the list is under way: ten pages of the first part still wait.
            if request["gapcontinue"] != nil { control.withLock { $0 }?.stop() }
            return nil
        }
        let bench = try await Bench(url: wiki.url)
        let job = try await bench.job()
        let first = try await bench.lease(job)
        control.withLock { $0 = first.control }
        await #expect(throws: Stopping.self) { _ = try await ModulesWork().run(first) }
        control.withLock { $0 = nil }
        #expect(try await bench.pages().count == 50)

        let before = wiki.requests.count
        let counts = try await ModulesWork().run(try await bench.lease(job))
        let later = wiki.requests.dropFirst(before)
        #expect(later.filter { $0["generator"] != nil }.map { $0["gapcontinue"] } == ["Page_0061", "Page_0121"])
        #expect(later.first?["meta"] == "siteinfo")
        #expect(try await bench.number("SELECT COUNT(*) FROM modules WHERE sha256 IS NOT NULL") == 180)
        #expect(counts["listed"] == 180)
        #expect(counts["fetched"] == 180)
        #expect(counts["new"] == 180)
        // The request that was answered after the last checkpoint isn't in it.
        #expect(counts["requests"] == UInt64(wiki.requests.count) - 1)
        #expect(try await bench.number("SELECT MAX(attempt) FROM checkpoints") == 2)
        // A job whose work is done is done again without a request.
        let requests = wiki.requests.count
        let again = try await ModulesWork().run(try await bench.lease(job))
        #expect(again == counts)
        #expect(wiki.requests.count == requests)
    }

    @Test func workWithoutTheLeaseWritesNothing() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(10))
        let bench = try await Bench(url: wiki.url)
        let job = try await bench.job()
        let stale = try await bench.lease(job)
        _ = try await bench.lease(job)
        await #expect(throws: LeaseLost.self) { _ = try await ModulesWork().run(stale) }
        #expect(try await bench.pages() == [])
        #expect(try await bench.number("SELECT COUNT(*) FROM checkpoints") == 0)
    }

    @Test func pageThatIsDeletedBetweenListAndFetch() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, state in
            if request["pageids"] != nil { state.pages.removeAll { $0.id == 2 } }
            return nil
        }
        let bench = try await Bench(url: wiki.url)
        let counts = try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2 missing deleted", "Page_0003 3"])
        #expect(counts["deleted"] == 1)
        // 1 for the site, 1 for the list, 1 for the texts, 1 for the second look.
        #expect(counts["requests"] == 4)
    }

    @Test func pageThatIsMovedBehindTheWalkIsNotGone() async throws {
        let isMoving = Lock(false)
        let wiki = try ScriptedWiki(ScriptedWiki.pages(5), listSize: 2) { request, state in
            if request["gapcontinue"] == "Page_0003", isMoving.withLock({ $0 }) {
                state.pages[4].title = "Another"
                state.pages[3].namespace = 2
                state.pages.remove(at: 2)
            }
            return nil
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        isMoving.withLock { $0 = true }
        let counts = try await bench.harvest()
        #expect(
            try await bench.pages() == [
                "Page_0001 1", "Page_0002 2", "Page_0003 3 deleted", "Page_0004 4 deleted", "Another 5",
            ]
        )
        #expect(counts["deleted"] == 2)
        // 1 for the site, 2 for the list, 1 for all that weren't seen.
        #expect(counts["requests"] == 4)

        // One that comes back is there again.
        isMoving.withLock { $0 = false }
        wiki.state.withLock { $0.pages[2].namespace = 828 }
        try await bench.harvest()
        #expect(try await bench.pages().contains("Page_0004 4"))
    }

    @Test func textThatDoesNotFit() async throws {
        // The wiki leaves page 2 out of every answer, and asks to continue with it for ever.
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, state in
            guard let ids = request["pageids"]?.split(separator: "|"), ids.contains("2") else { return nil }
            let isContinued = request["rvcontinue"] != nil
            let pages = state.pages.filter { ids.contains("\($0.id)") }.map { page in
                var answer: [String: Any] =
                    isContinued ? ["pageid": page.id, "ns": 828, "title": "Module:\(page.title)"] : page.info
                if page.id == 1, !isContinued { answer["revisions"] = [page.revisionInfo] }
                if page.id == 2 { answer["revisions"] = [[String: Any]]() }
                return answer
            }
            return ScriptedWiki.reply([
                "curtimestamp": "2030-01-02T03:04:05Z",
                "continue": ["rvcontinue": "2|2", "continue": "||info"],
                "query": ["pages": pages],
            ])
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2 too_large", "Page_0003 3"])
    }

    // MARK: Lengths and sizes

    private func lengths(_ bench: Bench) async throws -> [Int] {
        try await bench.rows("SELECT length FROM modules ORDER BY page_id").map { try $0.decode("length") }
    }

    @Test func editBetweenTwoPartsOfAnAnswer() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(2)) { request, state in
            guard request["pageids"] != nil else { return nil }
            guard request["rvcontinue"] != nil else {
                let first = state.pages[0].info.merging(["revisions": [state.pages[0].revisionInfo]]) { $1 }
                let second = state.pages[1].info.merging(["revisions": [[String: Any]]()]) { $1 }
                return ScriptedWiki.reply([
                    "curtimestamp": ScriptedWiki.now, "continue": ["rvcontinue": "2|2", "continue": "||info"],
                    "query": ["pages": [first, second]],
                ])
            }
            state.pages[1].revision = 22
            state.pages[1].text = "return 'much longer than before'"
            return ScriptedWiki.reply([
                "batchcomplete": true, "curtimestamp": ScriptedWiki.now,
                "query": ["pages": [["pageid": 1], ["pageid": 2, "revisions": [state.pages[1].revisionInfo]]]],
            ])
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 22"])
        #expect(try await lengths(bench) == [8, 32])
        let again = try await bench.harvest()
        #expect(again["fetched"] == 0)
    }

    @Test func rowWithAnotherLengthIsFetchedOnce() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3))
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        try await bench.execute("UPDATE modules SET length = 99 WHERE page_id = 2")
        #expect(try await bench.harvest()["fetched"] == 1)
        #expect(try await lengths(bench) == [8, 8, 8])
        #expect(try await bench.harvest()["fetched"] == 0)
    }

    /// Some old pages have one length as a page and another as a revision.
    @Test func pageWhoseLengthIsNotItsRevisions() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(2)) { request, state in
            guard request["pageids"] != nil else { return nil }
            let pages = state.pages.map { page in
                let revision = page.revisionInfo.merging(["size": 5]) { $1 }
                return page.info.merging(["revisions": [revision]]) { $1 }
            }
            return ScriptedWiki.reply([
                "batchcomplete": true, "curtimestamp": ScriptedWiki.now, "query": ["pages": pages],
            ])
        }
        let bench = try await Bench(url: wiki.url)
        #expect(try await bench.harvest()["fetched"] == 2)
        #expect(try await lengths(bench) == [8, 8])
        #expect(try await bench.harvest()["fetched"] == 0)
    }

    @Test func sourceThatTheTableDoesNotTake() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3))
        wiki.state.withLock { $0.pages[1].text = String(repeating: " ", count: ModuleRow.sourceLimit + 1) }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        #expect(try await bench.pages() == ["Page_0001 1", "Page_0002 2 too_large", "Page_0003 3"])
        #expect(try await lengths(bench) == [8, ModuleRow.sourceLimit + 1, 8])
        #expect(try await bench.harvest()["fetched"] == 0)
    }
}
