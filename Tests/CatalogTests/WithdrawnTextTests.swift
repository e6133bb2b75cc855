import Catalog
import Crypto
import MariaDB
import Testing

/// Texts that were here and are not to be kept.
@Suite(.timeLimit(.minutes(3))) struct WithdrawnTextTests {
    private func hash(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    private func hidden(_ pageID: UInt64, revision: UInt64 = 1, at seconds: Int64, wiki: String = "aawiki") -> ModuleRow
    {
        var row = module(pageID, revision: revision, at: seconds, wiki: wiki)
        row.content = .none(.hidden)
        return row
    }

    /// `page revision reason`, and whether there is a text.
    private func history(_ catalog: TestCatalog) async throws -> [String] {
        try await catalog.rows(
            """
            SELECT CONCAT_WS(' ', dbname, page_id, revid, COALESCE(no_source_reason, IF(sha256 IS NULL, '-', 'text'))) AS line
            FROM module_history ORDER BY dbname, page_id, revid
            """
        ).map { try $0.decode("line") }
    }

    private func sweep(_ catalog: TestCatalog) async throws -> SourceSweep.Step {
        try await catalog.write { try await SourceSweep.removeUnlinked(limit: 100, in: $0) }
    }

    private func purge(_ catalog: TestCatalog, _ hash: [UInt8], limit: Int = 100) async throws {
        try await catalog.write { try await PurgedSource.remember([hash], by: "me", reason: "test", in: $0) }
        while try await !catalog.write({ try await PurgedSource.take(hash, limit: limit, in: $0) }) {}
    }

    @Test func hiddenTextGoesWithTheLastThatRefersToIt() async throws {
        let catalog = try await TestCatalog.make()
        try await catalog.store([module(1, source: "x", at: 10), module(2, source: "x", at: 10, wiki: "bbwiki")])
        try await catalog.store([hidden(1, at: 20)])
        #expect(try await catalog.stored(1)?.reason == .hidden)
        #expect(try await history(catalog) == ["aawiki 1 1 hidden", "bbwiki 2 1 text"])
        #expect(try await sweep(catalog) == SourceSweep.Step(looked: 1, removed: 0))
        try await catalog.store([hidden(2, at: 20, wiki: "bbwiki")])
        #expect(try await sweep(catalog) == SourceSweep.Step(looked: 1, removed: 1))
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == 0)
        #expect(try await sweep(catalog) == SourceSweep.Step())
        // Shown again, as the same revision.
        try await catalog.store([module(1, source: "x", at: 30)])
        #expect(try await history(catalog) == ["aawiki 1 1 text", "bbwiki 2 1 hidden"])
        // An older look, written late, brings nothing back.
        try await catalog.store([module(2, source: "x", at: 15, wiki: "bbwiki")])
        #expect(try await history(catalog) == ["aawiki 1 1 text", "bbwiki 2 1 hidden"])
    }

    @Test func earlierRevisionThatIsHiddenLosesItsText() async throws {
        let catalog = try await TestCatalog.make()
        try await catalog.store([module(1, source: "secret", revision: 1, at: 10)])
        try await catalog.store([module(1, source: "clean", revision: 2, at: 20), module(2, source: "b", at: 20)])
        func unchecked(before seconds: Int64) async throws -> [RevisionKey] {
            try await ModuleHistory.unchecked("aawiki", before: time(seconds), limit: 50, from: catalog.pool)
        }
        let old = RevisionKey(dbname: "aawiki", pageID: 1, revisionID: 1)
        #expect(try await unchecked(before: 10).isEmpty)
        #expect(try await unchecked(before: 50) == [old])
        let shown = try await catalog.write { try await ModuleHistory.note([(old, nil)], at: time(60), in: $0) }
        #expect(shown == 0)
        #expect(try await unchecked(before: 50).isEmpty)
        let withdrawn = try await catalog.write {
            try await ModuleHistory.note([(old, .suppressed)], at: time(70), in: $0)
        }
        #expect(withdrawn == 1)
        #expect(try await history(catalog) == ["aawiki 1 1 suppressed", "aawiki 1 2 text", "aawiki 2 1 text"])
        #expect(try await sweep(catalog).removed == 1)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == 2)
        #expect(try await unchecked(before: 99).isEmpty)
    }

    @Test func purgedTextIsTakenEverywhereAndStaysAway() async throws {
        let catalog = try await TestCatalog.make()
        let text = "secret"
        for page in 1...7 {
            try await catalog.store([module(UInt64(page), source: text, at: 10, wiki: "w\(page)wiki")])
        }
        // On one page it is an earlier text.
        try await catalog.store([module(7, source: "clean", revision: 2, at: 20, wiki: "w7wiki")])
        try await catalog.store([module(1, source: "other", at: 10)])
        let spread = try await PurgedSource.spread(of: hash(text), from: catalog.pool)
        #expect([spread.modules, spread.wikis, spread.revisions] == [6, 6, 7])
        #expect(spread.isStored && !spread.isPurged)
        try await purge(catalog, hash(text), limit: 2)
        #expect(try await catalog.number("SELECT COUNT(*) FROM modules WHERE no_source_reason = 'purged'") == 6)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_history WHERE no_source_reason = 'purged'") == 7)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == 2)
        #expect(try await PurgedSource.unfinished(limit: 10, from: catalog.pool).isEmpty)

        // A later walk sees the page, a new copy and a revert; another text of the same page is kept.
        #expect(try await catalog.store([module(1, source: text, revision: 3, at: 30, wiki: "w1wiki")]).newSources == 0)
        try await catalog.store([module(9, source: text, at: 30), module(10, source: "fine", at: 30)])
        #expect(try await catalog.stored(9)?.reason == .purged)
        #expect(try await catalog.stored(9)?.isUnpurged == false)
        #expect(try await catalog.stored(10)?.sha256 == hash("fine"))
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources WHERE source = 'secret'") == 0)
        let before = try await catalog.dump()
        #expect(try await catalog.store([module(9, source: text, at: 30)]) == writeCounts(unchanged: 1))
        #expect(try await catalog.dump() == before)

        // Undone: the row says that it is to be fetched, and then has it.
        let forgotten = try await catalog.write { try await PurgedSource.forget([hash(text)], in: $0) }
        #expect(forgotten == 1)
        #expect(try await catalog.stored(9)?.isUnpurged == true)
        #expect(try await catalog.store([module(9, source: text, at: 40)]) == writeCounts(changed: 1, newSources: 1))
        #expect(try await catalog.stored(9)?.isUnpurged == false)
        #expect(try await history(catalog).contains("aawiki 9 1 text"))
    }

    @Test func deletedPagesLoseTextsAndThenTheirRows() async throws {
        let catalog = try await TestCatalog.make()
        for revision in 1...3 {
            try await catalog.store(
                (1...4).map {
                    module(
                        $0,
                        title: "T\($0)",
                        source: "\($0) \(revision)",
                        revision: UInt64(revision),
                        at: Int64(revision)
                    )
                }
            )
        }
        func delete(_ pages: [UInt64], at seconds: Int64) async throws {
            try await catalog.write {
                _ = try await ModuleTable.markDeleted("aawiki", pages, at: time(seconds), walk: 2, in: $0)
            }
        }
        try await delete([1, 2], at: 100)
        try await delete([3], at: 200)
        func drop(before seconds: Int64, limit: Int = 10) async throws -> ModuleRetention.Step {
            try await catalog.write {
                try await ModuleRetention.dropTexts(ofPagesGoneBefore: time(seconds), limit: limit, in: $0)
            }
        }
        #expect(try await drop(before: 100) == ModuleRetention.Step())
        // One comes back.
        try await catalog.store([module(2, source: "2 3", revision: 3, at: 120)])
        let counted = try await ModuleRetention.count(
            textsBefore: time(150),
            pagesBefore: time(250),
            revisionsBefore: time(3),
            from: catalog.pool
        )
        #expect(counted.texts == 1 && counted.pages == 2 && counted.revisions == 8)
        #expect(try await drop(before: 150).rows == 1)
        #expect(try await drop(before: 150).rows == 0)
        #expect(try await catalog.stored(1)?.reason == .deleted)
        #expect(try await catalog.stored(1)?.deletedAt == time(100))
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_history WHERE sha256 IS NULL") == 3)
        #expect(try await sweep(catalog).removed == 3)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == 9)

        func remove(limit: Int) async throws -> ModuleRetention.Step {
            try await catalog.write {
                try await ModuleRetention.removePages(goneBefore: time(250), limit: limit, in: $0)
            }
        }
        // More revisions than one transaction takes.
        var step = ModuleRetention.Step(rows: 0, more: true)
        var rows = 0
        while step.more {
            step = try await remove(limit: 2)
            rows += step.rows
        }
        #expect(rows == 2)
        #expect(try await catalog.number("SELECT COUNT(*) FROM modules") == 2)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_history") == 6)
        #expect(try await sweep(catalog).removed == 3)

        let earlier = try await catalog.write {
            try await ModuleRetention.removeRevisions(of: "aawiki", seenBefore: time(3), limit: 3, in: $0)
        }
        #expect(earlier == ModuleRetention.Step(rows: 3, more: true))
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_history WHERE revid = 3") == 2)
    }

    @Test func sourcesThatNothingRefersToAreFound() async throws {
        let catalog = try await TestCatalog.make()
        try await catalog.store((1...40).map { module($0, source: "return \($0)", at: 10) })
        try await catalog.write { _ = try await $0.execute("DELETE FROM modules WHERE page_id > 30") }
        try await catalog.write { _ = try await $0.execute("DELETE FROM module_history WHERE page_id > 30") }
        func unreferenced(before seconds: Int64) async throws -> [[UInt8]] {
            var (found, last): ([[UInt8]], [UInt8]?) = ([], [])
            while let after = last {
                let part = try await SourceSweep.unreferenced(
                    after: after,
                    firstSeenBefore: time(seconds),
                    limit: 7,
                    from: catalog.pool
                )
                found += part.hashes
                last = part.last
            }
            return found
        }
        #expect(try await unreferenced(before: 10).isEmpty)
        let found = try await unreferenced(before: 11)
        #expect(Set(found) == Set((31...40).map { hash("return \($0)") }))
        let all = (1...40).map { hash("return \($0)") }.sorted { $0.lexicographicallyPrecedes($1) }
        let swept = try await catalog.write { try await SourceSweep.remove(all, in: $0) }
        #expect(swept.removed == 10)
        #expect(swept.passedOver.isEmpty)
    }
}
