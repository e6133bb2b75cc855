import Catalog
import Crypto
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(3))) struct ModuleWriteTests {
    @Test func oddTitlesAndSourcesComeBackByteForByte() async throws {
        let catalog = try await TestCatalog.make()
        let titles: [[UInt8]] = [
            Array(repeating: UInt8(ascii: "x"), count: 255), Array("\u{1F980}_Crab".utf8), [0xff, 0xfe, 0xc3, 0x28],
            Array("Trailing".utf8), Array("Trailing ".utf8), Array("Trailing  ".utf8), Array("CASE".utf8),
            Array("Case".utf8),
            Array("\u{e9}".utf8), Array("e\u{301}".utf8), Array("\u{05d0}\u{05d1}\"'`\\%_".utf8), [0x41, 0x00, 0x42],
            [],
        ]
        let rows = titles.enumerated().map { index, title in
            var row = module(UInt64(index) + 1)
            row.title = title
            row.content = .source(title)
            return row
        }
        #expect(try await catalog.store(rows) == writeCounts(new: rows.count, newSources: rows.count))
        let stored = try await ModuleTable(catalog.pool).stored("aawiki", rows.map(\.pageID))
        for row in rows {
            let module = try #require(stored[row.pageID])
            #expect(module.title == row.title)
            #expect(module.sha256 == Array(SHA256.hash(data: row.title)))
            let found = try await catalog.rows(
                "SELECT page_id FROM modules WHERE dbname = 'aawiki' AND title = ?",
                [.bytes(row.title)]
            )
            #expect(try found.map { try $0.decode("page_id") } == [row.pageID])
            let source = try await catalog.rows(
                "SELECT source, sha1, length FROM module_sources WHERE sha256 = ?",
                [.bytes(module.sha256 ?? [])]
            )
            #expect(try source.first?.decode("source") == row.title)
            #expect(try source.first?.decode("sha1") == Array(Insecure.SHA1.hash(data: row.title)))
            #expect(try source.first?.decode("length") == row.title.count)
        }
    }

    @Test func largeSourcesGoInSlices() async throws {
        let catalog = try await TestCatalog.make()
        // Hashes of a counter can't be compressed away.
        let sources = (0..<12).map { number in
            (0..<(2 << 20) / 32).flatMap { Array(SHA256.hash(data: [UInt8(number)] + "\($0)".utf8)) }
        }
        let rows = sources.enumerated().map { index, source in
            var row = module(UInt64(index) + 1)
            row.content = .source(source)
            row.length = source.count
            return row
        }
        #expect(try await catalog.store(rows) == writeCounts(new: 12, newSources: 12))
        let wrong = try await catalog.number(
            "SELECT COUNT(*) FROM module_sources WHERE sha256 <> UNHEX(SHA2(source, 256)) OR LENGTH(source) <> 2097152"
        )
        #expect(wrong == 0)
        var row = module(99)
        row.content = .source(Array(repeating: 32, count: ModuleRow.sourceLimit + 1))
        await #expect(throws: SourceTooLarge.self) { try await catalog.store([row]) }
    }

    @Test func aSourceOfTwoWikisIsStoredOnce() async throws {
        let catalog = try await TestCatalog.make()
        let text = String(repeating: "local p = {} -- the same\n", count: 400)
        let here = module(1, source: text, at: 20)
        let there = module(7, title: "B", source: text, at: 10, wiki: "bbwiki")
        #expect(try await catalog.store([there, here]) == writeCounts(new: 2, newSources: 1))
        #expect(try await catalog.store([module(2, source: text, at: 30)]) == writeCounts(new: 1))
        let rows = try await catalog.rows("SELECT first_seen_at FROM module_sources")
        #expect(try rows.map { try $0.decode("first_seen_at") } == [time(10)])
    }

    @Test func olderObservationsLose() async throws {
        let catalog = try await TestCatalog.make()
        try await catalog.store([module(1, title: "New", source: "new", revision: 5, at: 20, walk: 2)])
        let before = try await catalog.rows("SELECT * FROM modules").map(\.values)
        // Revision ids can go down, after deletion and undeletion: only the time decides.
        let old = module(1, title: "Old", source: "old", revision: 9, at: 10, walk: 1)
        #expect(try await catalog.store([old]) == writeCounts(stale: 1, newSources: 1))
        #expect(try await catalog.rows("SELECT * FROM modules").map(\.values) == before)
        try await catalog.write { try await ModuleTable.touch("aawiki", [1], walk: 1, observedAt: time(19), in: $0) }
        let marked = try await catalog.write {
            try await ModuleTable.markDeleted("aawiki", [1], at: time(19), walk: 1, in: $0)
        }
        #expect(marked == 0)
        #expect(try await catalog.rows("SELECT * FROM modules").map(\.values) == before)
        // What was seen is history all the same.
        let revisions = try await catalog.rows("SELECT revid FROM module_history ORDER BY revid")
        #expect(try revisions.map { try $0.decode("revid") } == [5, 9])
        #expect(try await catalog.store([module(1, source: "new", revision: 3, at: 21)]) == writeCounts(changed: 1))
        #expect(try await catalog.stored(1)?.lastRevisionID == 3)
        // Both observations in one write: the newer one stands, whatever their order.
        try await catalog.store([module(2, title: "Later", at: 8), module(2, title: "Earlier", at: 7)])
        #expect(try await catalog.stored(2)?.title == Array("Later".utf8))
    }

    @Test func doubtfulPagesKeepTheirRowsAndCountAsUnseen() async throws {
        let catalog = try await TestCatalog.make()
        let table = ModuleTable(catalog.pool)
        try await catalog.store([module(1, at: 10, walk: 5), module(2, at: 10, walk: 5), module(3, at: 30, walk: 5)])
        try await catalog.write {
            try await ModuleTable.markDeleted("aawiki", [2], at: time(11), walk: 5, in: $0)
        }
        let before = try #require(try await catalog.stored(1))
        let doubtful = (1...4).map { (pageID: UInt64) in
            var row = module(pageID, title: "Other", revision: 9, at: 20, walk: 5)
            row.content = .none(.missing)
            return row
        }
        let counts = try await catalog.write { try await ModuleTable.writeDoubtful(doubtful.reversed(), in: $0) }
        #expect(counts == writeCounts(new: 1))
        // The third was observed later. Whatever the walk is called, the others are still to be seen by it.
        #expect(try await table.unseen("aawiki", walk: 5, after: 0, limit: 10) == [1, 2, 4])
        let row = try #require(try await catalog.stored(1))
        #expect(row.sha256 == before.sha256)
        #expect(row.title == before.title)
        #expect(row.lastRevisionID == before.lastRevisionID)
        #expect(row.observedAt == time(20))
        #expect(try await catalog.stored(2)?.deletedAt == nil)
        #expect(try await catalog.stored(3)?.observedAt == time(30))
        let new = try #require(try await catalog.stored(4))
        #expect(new.reason == .missing)
        #expect(new.title == Array("Other".utf8))
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_history WHERE revid = 9") == 0)
        // Again, it changes nothing.
        let dump = try await catalog.dump()
        let again = try await catalog.write { try await ModuleTable.writeDoubtful(doubtful, in: $0) }
        #expect(again == writeCounts())
        #expect(try await catalog.dump() == dump)
    }

    @Test func pagesAreDeletedComeBackAndMove() async throws {
        let catalog = try await TestCatalog.make()
        try await catalog.store([module(1, at: 10), module(2, title: "B", at: 10), module(3, title: "C", at: 10)])
        func delete(_ pageIDs: [UInt64], at seconds: Int64, walk: UInt64) async throws -> Int {
            try await catalog.write {
                try await ModuleTable.markDeleted("aawiki", pageIDs, at: time(seconds), walk: walk, in: $0)
            }
        }
        #expect(try await delete([2, 1, 999], at: 20, walk: 2) == 2)
        #expect(try await catalog.stored(1)?.deletedAt == time(20))
        // Found to be gone again: since when stays.
        #expect(try await delete([1], at: 30, walk: 3) == 0)
        #expect(try await catalog.stored(1)?.deletedAt == time(20))
        #expect(try await catalog.stored(1)?.observedAt == time(30))
        #expect(try await catalog.stored(3)?.deletedAt == nil)
        // From before the deletion was found: still gone.
        #expect(try await catalog.store([module(1, at: 25)]) == writeCounts(stale: 1))
        #expect(try await catalog.stored(1)?.deletedAt == time(20))
        // Undeleted, once by new content and once as it was.
        #expect(try await catalog.store([module(1, revision: 4, at: 40)]) == writeCounts(changed: 1))
        #expect(try await catalog.stored(1)?.deletedAt == nil)
        try await catalog.write { try await ModuleTable.touch("aawiki", [2], walk: 4, observedAt: time(40), in: $0) }
        #expect(try await catalog.stored(2)?.deletedAt == nil)
        // Moved, and another page at its old title.
        try await catalog.store([module(1, title: "Moved", revision: 5, at: 50), module(9, title: "A", at: 50)])
        #expect(try await catalog.stored(1)?.title == Array("Moved".utf8))
        #expect(try await catalog.stored(9)?.title == Array("A".utf8))
        #expect(try await catalog.number("SELECT COUNT(*) FROM modules WHERE deleted_at IS NOT NULL") == 0)
        let seen = try await catalog.rows("SELECT first_seen_at, walk FROM modules WHERE page_id = 1")
        #expect(try seen.first?.decode("first_seen_at") == time(10))
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_history WHERE page_id = 1") == 3)
    }

    @Test func repeatedWritesChangeNothing() async throws {
        let catalog = try await TestCatalog.make()
        var rows = (1...120).map { module(UInt64($0), title: "T\($0)", source: "return \($0 % 7)", at: 10) }
        rows[3].content = .none(.hidden)
        rows[4].content = .none(.notScribunto)
        rows[4].contentModel = "wikitext"
        rows[5].isRedirect = true
        rows[5].redirectTarget = Array("Module:X".utf8)
        rows[6].redirectTarget = Array(repeating: 65, count: 513)
        rows[7].revisedAt = nil
        try await catalog.store(rows)
        try await catalog.write { try await ModuleTable.markDeleted("aawiki", [9], at: time(11), walk: 1, in: $0) }
        rows.remove(at: 8)
        let before = try await catalog.dump()
        #expect(before[2].count == 120)
        #expect(try await catalog.store(rows.shuffled()) == writeCounts(unchanged: 119))
        try await catalog.write {
            try await ModuleTable.touch("aawiki", rows.map(\.pageID).shuffled(), walk: 1, observedAt: time(10), in: $0)
            try await ModuleTable.markDeleted("aawiki", [9], at: time(11), walk: 1, in: $0)
        }
        #expect(try await catalog.dump() == before)
        #expect(try await catalog.store([]) == writeCounts())
        #expect(try await catalog.stored(7)?.redirectTarget == nil)
    }

    @Test func historyHasLuaRevisionsOnce() async throws {
        let catalog = try await TestCatalog.make()
        func row(_ pageID: UInt64, _ reason: NoSourceReason, model: String = "Scribunto") -> ModuleRow {
            var row = module(pageID, revision: pageID * 10, at: 10)
            row.content = .none(reason)
            row.contentModel = model
            return row
        }
        try await catalog.store([
            row(1, .hidden), row(2, .suppressed), row(3, .textMissing), row(4, .tooLarge), row(5, .missing),
            row(6, .invalid),
            row(7, .notScribunto, model: "json"), row(8, .hidden, model: "wikitext"), module(9, revision: 90, at: 10),
        ])
        let pages = try await catalog.rows("SELECT page_id FROM module_history ORDER BY page_id")
        #expect(try pages.map { try $0.decode("page_id") } == [1, 2, 3, 4, 9])
        #expect(try await catalog.number("SELECT COUNT(*) FROM modules") == 9)
        // Shown again: it is read then, with the time when it was first seen. Hidden later: it goes.
        try await catalog.store([module(1, source: "shown", revision: 10, at: 20)])
        try await catalog.store([row(9, .hidden)])
        let history = try await catalog.rows(
            "SELECT sha256, seen_at FROM module_history WHERE page_id IN (1, 9) ORDER BY page_id"
        )
        #expect(try history.allSatisfy { try $0.decode("seen_at") == time(10) })
        #expect(try history.map { try $0.decode("sha256", as: [UInt8]?.self) != nil } == [true, false])
        // An earlier look that is written late.
        try await catalog.store([module(1, source: "shown", revision: 10, at: 5)])
        #expect(
            try await catalog.number("SELECT COUNT(*) FROM module_history WHERE seen_at < '2023-11-14 22:13:26'") == 1
        )
    }

    @Test func unseenPagesComeInPages() async throws {
        let catalog = try await TestCatalog.make()
        try await catalog.store((1...1200).map { module($0, title: "T\($0)", at: 10, walk: 1) })
        try await catalog.store([module(1, at: 10, walk: 1, wiki: "bbwiki")])
        try await catalog.write {
            try await ModuleTable.touch("aawiki", (1...1100).map { $0 }, walk: 2, observedAt: time(20), in: $0)
            try await ModuleTable.markDeleted("aawiki", [1101, 1102], at: time(20), walk: 1, in: $0)
        }
        let table = ModuleTable(catalog.pool)
        var found: [UInt64] = []
        var last: UInt64 = 0
        while true {
            let page = try await table.unseen("aawiki", walk: 2, after: last, limit: 50)
            #expect(page.count <= 50)
            guard let end = page.last else { break }
            found += page
            last = end
        }
        #expect(found == Array(1103...1200))
        #expect(try await table.unseen("aawiki", walk: 1, after: 1098, limit: 50) == [1099, 1100])
        #expect(try await table.stored("aawiki", (1...500).map { $0 * 3 }).count == 400)
        #expect(try await table.stored("aawiki", []).isEmpty)
    }
}
