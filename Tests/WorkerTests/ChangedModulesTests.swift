import Concurrency
import Foundation
import MariaDB
import MediaWiki
import Testing

@testable import Worker

/// Jobs that look only at what has changed, against a wiki that behaves, but for what its script says.
@Suite(.timeLimit(.minutes(2)))
struct ChangedModulesTests {
    /// A wiki whose lists of changes have these lines, in JSON.
    private func wiki(
        _ pages: [ScriptedWiki.Page],
        changes: Lock<[String]>,
        moves: [String] = [],
        partSize: Int = 500,
        script: @escaping ScriptedWiki.Script = { _, _ in nil }
    ) throws -> ScriptedWiki {
        try ScriptedWiki(pages) { request, state in
            if let reply = script(request, &state) { return reply }
            if let titles = request["titles"] {
                let names = titles.split(separator: "|").map { $0.dropFirst("Module:".count) }
                return ScriptedWiki.reply([
                    "batchcomplete": true, "curtimestamp": ScriptedWiki.now,
                    "query": ["pages": state.pages.filter { names.contains($0.title[...]) }.map(\.info)],
                ])
            }
            guard request["list"] != nil else { return nil }
            let place = request["rccontinue"].flatMap { Int($0) } ?? 0
            let lines = changes.withLock { $0 }
            let site = """
                "general":{"wikiid":"\(state.wikiID)","generator":"MediaWiki 1.39","lang":"en","time":"\(ScriptedWiki.now)"},\
                "namespaces":{"828":{"name":"Module","canonical":"Module"}},
                """
            let next =
                place + partSize < lines.count
                ? #""continue":{"rccontinue":"\#(place + partSize)","continue":"-||siteinfo|logevents"},"# : ""
            return ScriptedWiki.Reply(
                body: """
                    {"batchcomplete":true,\(next)"query":{\(place == 0 ? site : "")\
                    "recentchanges":[\(lines.dropFirst(place).prefix(partSize).joined(separator: ","))],\
                    "logevents":[\(moves.joined(separator: ","))]}}
                    """
            )
        }
    }

    private func edit(_ id: Int, _ revision: Int) -> String {
        let title = ScriptedWiki.pages(id)[id - 1].title
        return #"{"type":"edit","ns":828,"title":"Module:\#(title)","pageid":\#(id),"revid":\#(revision)}"#
    }

    @Test func onlyWhatIsNewIsFetched() async throws {
        let changes = Lock([edit(2, 2), edit(1, 1)])
        let wiki = try wiki(ScriptedWiki.pages(5), changes: changes)
        let bench = try await Bench(url: wiki.url)
        // Never walked: there is nothing to begin from.
        let first = try await bench.harvestChanges()
        #expect(first["walked_for_age"] == 1)
        #expect(first["listed"] == 5)
        let before = wiki.requests.count
        let quiet = try await bench.harvestChanges()
        #expect(quiet["requests"] == 1)
        #expect(quiet["changes"] == 2)
        #expect(quiet["walked_for_age"] == nil)
        #expect(wiki.requests.count == before + 1)

        wiki.state.withLock { $0.pages[2].revision = 9 }
        changes.withLock { $0.insert(edit(3, 9), at: 0) }
        let counts = try await bench.harvestChanges()
        #expect(counts["requests"] == 2)
        #expect(counts["fetched"] == 1)
        #expect(counts["changed"] == 1)
        #expect(try await bench.pages()[2] == "Page_0003 9")
    }

    @Test func windowBeginsEarlierThanTheLast() async throws {
        let wiki = try wiki(ScriptedWiki.pages(1), changes: Lock([]))
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        try await bench.execute("UPDATE wikis SET changes_until = changes_until - INTERVAL 3 HOUR")
        let earlier: String = try await bench.rows(
            "SELECT DATE_FORMAT(changes_until - INTERVAL 1 HOUR, '%Y-%m-%dT%H:%i:%SZ') AS time FROM wikis"
        )[0].decode("time")
        try await bench.harvestChanges()
        #expect(wiki.requests.last?["rcend"] == earlier)
        #expect(wiki.requests.last?["leend"] == earlier)
        #expect(try await bench.number("SELECT changes_until > walked_at - INTERVAL 1 MINUTE FROM wikis") == 1)
    }

    @Test func pagesAreGoneOnlyWhereALogTellsOfThem() async throws {
        let changes = Lock([
            #"{"type":"log","ns":828,"title":"Module:Page 0001","pageid":1,"revid":0,"logparams":[]}"#,
            // Its id isn't told.
            #"{"type":"log","ns":828,"title":"Module:Page 0002","pageid":0,"revid":0}"#,
            edit(3, 77), #"{"type":"log","ns":828,"actionhidden":true}"#,
        ])
        func move(_ ns: Int, _ title: String, now: Int, _ id: Int, _ target: Int, _ targetTitle: String) -> String {
            """
            {"ns":\(ns),"title":"\(title)","pageid":\(now),"logpage":\(id),\
            "params":{"target_ns":\(target),"target_title":"\(targetTitle)"}}
            """
        }
        let moves = [
            move(828, "Module:Page 0004", now: 0, 4, 2, "User:X"),
            move(2, "User:Y", now: 90, 6, 828, "Module:Page 0006"),
            move(0, "Y", now: 91, 92, 4, "Project:Y"),
            move(828, "Module:Page 0005", now: 7, 5, 828, "Module:Moved"), #"{"params":[]}"#,
        ]
        let wiki = try wiki(ScriptedWiki.pages(5), changes: changes, moves: moves)
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        wiki.state.withLock { state in
            state.pages[3].namespace = 2
            state.pages[4].title = "Moved"
            // The replica that answers doesn't have it yet.
            state.pages.removeAll { $0.id < 4 }
            state.pages.append(.init(id: 6, title: "Page 0006", revision: 6))
            // What the move has left behind.
            state.pages.append(.init(id: 7, title: "Page 0005", revision: 7, contentModel: "wikitext"))
        }
        let counts = try await bench.harvestChanges()
        #expect(
            try await bench.pages() == [
                "Page_0001 1 deleted", "Page_0002 2 deleted", "Page_0003 3", "Page_0004 4 deleted", "Moved 5",
                "Page_0006 6", "Page_0005 7 not_scribunto",
            ]
        )
        #expect(counts["deleted"] == 3)
        // One for the lists, one for the title, one for the pages.
        #expect(counts["requests"] == 3)
    }

    @Test func soManyChangesThatAWalkIsNoMoreWork() async throws {
        let changes = Lock((1...60).map { edit($0, 1000) })
        let wiki = try wiki(ScriptedWiki.pages(60), changes: changes, partSize: 2)
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        let counts = try await bench.harvestChanges()
        #expect(counts["walked_for_number"] == 1)
        #expect(counts["changes"] == 40)
        #expect(counts["listed"] == 60)
        #expect(counts["requests"] == 20 + 1)
    }

    @Test func handedOverInTheMiddle() async throws {
        let changes = Lock((1...120).map { edit($0, 1000) })
        let control = Lock<JobControl?>(nil)
        let wiki = try wiki(ScriptedWiki.pages(120), changes: changes) { request, _ in
            if request["pageids"]?.hasPrefix("51|") == true { control.withLock { $0 }?.stop() }
            return nil
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        wiki.state.withLock { state in
            for index in state.pages.indices { state.pages[index].revision = 1000 }
        }
        let job = try await bench.job(shard: "changed")
        let first = try await bench.lease(job, shard: "changed")
        control.withLock { $0 = first.control }
        await #expect(throws: Stopping.self) { _ = try await ModulesWork().run(first) }
        control.withLock { $0 = nil }
        let before = wiki.requests.count
        let counts = try await ModulesWork().run(try await bench.lease(job, shard: "changed"))
        let later = wiki.requests.dropFirst(before)
        #expect(later.compactMap { $0["pageids"] }.map { $0.split(separator: "|").count } == [20])
        #expect(counts["fetched"] == 120)
        #expect(try await bench.number("SELECT COUNT(*) FROM modules WHERE lastrevid = 1000") == 120)
    }

    @Test func hintsGoWithTheirJobUnlessThereAreNewerOnes() async throws {
        let wiki = try wiki(ScriptedWiki.pages(1), changes: Lock([]))
        let bench = try await Bench(url: wiki.url)
        let note = "INSERT INTO wiki_changes VALUES ('testwiki', NOW(6), 1) ON DUPLICATE KEY UPDATE events = events + 1"
        try await bench.execute(note)
        try await bench.harvest()
        #expect(try await bench.number("SELECT COUNT(*) FROM wiki_changes") == 0)
        try await bench.execute(note)
        try await bench.harvestChanges()
        #expect(try await bench.number("SELECT COUNT(*) FROM wiki_changes") == 0)
        // One more event while the job is under way.
        try await bench.execute(note)
        let job = try await bench.job(shard: "changed")
        let context = try await bench.lease(job, shard: "changed")
        try await bench.execute(
            "INSERT INTO checkpoints VALUES (\(job), 1, 1, REPEAT('x', 16), '\(Self.checkpoint)', 0, 0, NOW(6))"
        )
        _ = try await ModulesWork().run(context)
        #expect(try await bench.number("SELECT events FROM wiki_changes") == 1)
    }

    /// Of a job that has begun before the event that the table has.
    private static let checkpoint = """
        {"phase":"checkingChanged","changed":[],"pending":[],"checkedUpTo":0,"restarts":0,"beganAt":1795327801000000,\
        "hint":{"since":1,"events":1},"counts":{"requests":1,"bytes":1,"listed":0,"fetched":0,"new":0,"changed":0,"sources":0,\
        "deleted":0}}
        """
}
