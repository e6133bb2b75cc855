import Catalog
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct WikiSyncTests {
    private func entry(_ dbname: String, family: String = "wikipedia", isPrivate: Bool = false) -> WikiEntry {
        WikiEntry(
            dbname: dbname,
            url: "https://\(dbname).example/w",
            site: "example",
            lang: "aa",
            family: family,
            isPrivate: isPrivate
        )
    }

    private func sync(
        _ catalog: TestCatalog,
        _ names: [String],
        _ source: WikiSourceName = .api,
        at seconds: Int64
    ) async throws -> WikiSyncCounts {
        try await catalog.write {
            try await WikiTable.sync(names.map { entry($0) }, source: source, at: time(seconds), in: $0)
        }
    }

    private func counts(
        added: Int = 0,
        changed: Int = 0,
        unchanged: Int = 0,
        vanished: Int = 0,
        returned: Int = 0
    ) -> WikiSyncCounts {
        var counts = WikiSyncCounts()
        (counts.added, counts.changed, counts.unchanged) = (added, changed, unchanged)
        (counts.vanished, counts.returned) = (vanished, returned)
        return counts
    }

    @Test func wikisVanishAndReturn() async throws {
        let catalog = try await TestCatalog.make()
        let table = WikiTable(catalog.pool)
        #expect(try await sync(catalog, ["aawiki", "bbwiki", "ccwiki"], at: 10) == counts(added: 3))
        #expect(try await sync(catalog, ["aawiki", "bbwiki", "ccwiki"], at: 20) == counts(unchanged: 3))
        #expect(try await sync(catalog, ["ccwiki", "aawiki"], at: 30) == counts(unchanged: 2, vanished: 1))
        #expect(try await table.record("bbwiki")?.vanishedAt == time(30))
        // Still gone: it keeps the time since when.
        #expect(try await sync(catalog, ["aawiki", "ccwiki"], at: 40) == counts(unchanged: 2))
        #expect(try await table.record("bbwiki")?.vanishedAt == time(30))
        // A list from between doesn't bring it back, and marks nothing that a later one has named.
        #expect(try await sync(catalog, ["bbwiki"], at: 35) == counts(unchanged: 1))
        #expect(try await table.record("bbwiki")?.vanishedAt == time(30))
        #expect(try await table.record("aawiki")?.vanishedAt == nil)
        #expect(
            try await sync(catalog, ["aawiki", "bbwiki"], at: 50) == counts(unchanged: 1, vanished: 1, returned: 1)
        )
        #expect(try await table.record("bbwiki")?.vanishedAt == nil)
        #expect(try await table.harvestable(named: [], family: nil).map(\.dbname) == ["aawiki", "bbwiki"])
    }

    @Test func listsOfOneKindLeaveTheWikisOfOthersAlone() async throws {
        let catalog = try await TestCatalog.make()
        let table = WikiTable(catalog.pool)
        _ = try await sync(catalog, ["aawiki", "bbwiki"], .api, at: 10)
        #expect(try await sync(catalog, ["farmwiki"], .list, at: 20) == counts(added: 1))
        #expect(try await table.names() == ["aawiki", "bbwiki", "farmwiki"])
        #expect(try await table.harvestable(named: [], family: nil).count == 3)
        // Named by another kind of list, it is that one's from then on.
        #expect(try await sync(catalog, ["bbwiki"], .meta, at: 30) == counts(unchanged: 1))
        #expect(try await table.record("bbwiki")?.source == .meta)
        #expect(try await sync(catalog, ["aawiki"], .api, at: 40) == counts(unchanged: 1))
        #expect(try await table.record("bbwiki")?.vanishedAt == nil)
    }

    @Test func olderListsLoseAndRepeatedOnesChangeNothing() async throws {
        let catalog = try await TestCatalog.make()
        let new = entry("aawiki", family: "wiktionary")
        _ = try await catalog.write { try await WikiTable.sync([new], source: .api, at: time(20), in: $0) }
        let before = try await catalog.dump()
        #expect(try await sync(catalog, ["aawiki"], at: 10) == counts(unchanged: 1))
        #expect(try await catalog.dump() == before)
        let again = try await catalog.write { try await WikiTable.sync([new], source: .api, at: time(20), in: $0) }
        #expect(again == counts(unchanged: 1))
        #expect(try await catalog.dump() == before)
        #expect(try await sync(catalog, ["aawiki"], at: 21) == counts(changed: 1))
        let record = try #require(try await WikiTable(catalog.pool).record("aawiki"))
        #expect(record.entry == entry("aawiki"))
        #expect(record.observedAt == time(21))
    }

    @Test func walksAreNotedInOrderAndSurviveLists() async throws {
        let catalog = try await TestCatalog.make()
        _ = try await sync(catalog, ["aawiki"], at: 10)
        let modul = Array("Modul".utf8)
        try await catalog.write {
            try await WikiTable.noteWalk(of: "aawiki", namespace: modul, result: .walked, startedAt: time(20), in: $0)
        }
        try await catalog.write {
            try await WikiTable.noteWalk(
                of: "aawiki",
                namespace: nil,
                result: .noNamespace,
                startedAt: time(15),
                in: $0
            )
        }
        _ = try await sync(catalog, ["aawiki"], at: 30)
        let record = try #require(try await WikiTable(catalog.pool).record("aawiki"))
        #expect(record.moduleNamespace == modul)
        #expect(record.walkedAt == time(20))
        #expect(record.walkResult == .walked)
    }

    @Test func wrongListsChangeNothing() async throws {
        let catalog = try await TestCatalog.make()
        _ = try await sync(catalog, ["aawiki"], at: 10)
        let before = try await catalog.dump()
        let lists: [[WikiEntry]] = [
            [], [entry("bbwiki"), entry("bbwiki")], [entry("bbwiki", family: String(repeating: "f", count: 33))],
            [entry("")],
        ]
        for list in lists {
            await #expect(throws: WikiListError.self) {
                try await catalog.write { try await WikiTable.sync(list, source: .api, at: time(20), in: $0) }
            }
        }
        #expect(try await catalog.dump() == before)
    }

    @Test func wikisThatAreNamedUnusablyStayAsTheyAre() async throws {
        let catalog = try await TestCatalog.make()
        _ = try await sync(catalog, ["aawiki", "bbwiki", "ccwiki", "ddwiki"], at: 10)
        _ = try await sync(catalog, ["aawiki", "bbwiki", "ccwiki"], at: 20)
        let table = WikiTable(catalog.pool)
        let before = (try await table.record("bbwiki"), try await table.record("ddwiki"))
        let list = [entry("aawiki")]
        let result = try await catalog.write {
            try await WikiTable.sync(
                list,
                unusable: ["bbwiki", "ddwiki", "eewiki", ""],
                source: .api,
                at: time(30),
                in: $0
            )
        }
        #expect(result == counts(unchanged: 1, vanished: 1))
        #expect(try await table.record("bbwiki") == before.0)
        #expect(try await table.record("ccwiki")?.vanishedAt == time(30))
        #expect(try await table.record("ddwiki") == before.1)
        #expect(try await table.record("eewiki") == nil)
    }

    @Test func screeningKeepsTheFirstGoodEntryOfEachWiki() {
        let long = entry("aawiki", family: String(repeating: "f", count: 33))
        let (usable, problems) = WikiTable.screen([
            long, entry("bbwiki"), entry("aawiki"), entry("bbwiki", family: "x"), entry("ccwiki"), entry(""),
        ])
        #expect(usable == [entry("bbwiki"), entry("aawiki"), entry("ccwiki")])
        #expect(
            problems == [
                .badField(wiki: "aawiki", name: "family", limit: 32), .duplicate(wiki: "bbwiki"),
                .badField(wiki: "", name: "dbname", limit: 64),
            ]
        )
        #expect(problems.map(\.wiki) == ["aawiki", "bbwiki", ""])
    }

    @Test func lookingUpIsByBytes() async throws {
        let catalog = try await TestCatalog.make()
        // In Swift the two are one name.
        let composed = "caf\u{e9}wiki"
        let decomposed = "cafe\u{301}wiki"
        var many = (0..<700).map { "w\(1000 + $0)wiki" }
        many += ["AAwiki", composed, decomposed]
        #expect(try await sync(catalog, many, at: 10) == counts(added: 703))
        let table = WikiTable(catalog.pool)
        #expect(try await table.record("aawiki") == nil)
        #expect(try await table.record("AAwiki ") == nil)
        #expect(try await table.record(decomposed)?.url.utf8.count == entry(decomposed).url.utf8.count)
        #expect(try await table.harvestable(named: [composed, composed], family: nil).count == 1)
        #expect(try await table.harvestable(named: [composed, decomposed, "nowiki"], family: nil).count == 2)
        #expect(try await table.harvestable(named: many.shuffled(), family: nil).count == 703)
        #expect(try await table.harvestable(named: [], family: nil).map(\.dbname) == table.names())
    }

    @Test func privateAndVanishedWikisAreListedOnly() async throws {
        let catalog = try await TestCatalog.make()
        let wikis = [
            entry("aawiki"), entry("bbwiki", isPrivate: true), entry("ccwiki", family: "wiktionary"), entry("ddwiki"),
        ]
        _ = try await catalog.write { try await WikiTable.sync(wikis, source: .api, at: time(10), in: $0) }
        _ = try await catalog.write {
            try await WikiTable.sync(Array(wikis.dropLast()), source: .api, at: time(20), in: $0)
        }
        let table = WikiTable(catalog.pool)
        func names(family: String?, includingVanished: Bool) async throws -> [String] {
            var names: [String] = []
            for try await batch in table.list(family: family, includingVanished: includingVanished) {
                names += batch.map(\.dbname)
            }
            return names
        }
        #expect(try await names(family: nil, includingVanished: true) == ["aawiki", "bbwiki", "ccwiki", "ddwiki"])
        #expect(try await names(family: "wikipedia", includingVanished: false) == ["aawiki", "bbwiki"])
        #expect(try await table.harvestable(named: [], family: nil).map(\.dbname) == ["aawiki", "ccwiki"])
        #expect(
            try await table.harvestable(named: ["ddwiki", "bbwiki", "aawiki"], family: nil).map(\.dbname) == ["aawiki"]
        )
        #expect(try await table.harvestable(named: ["aawiki"], family: "wiktionary").isEmpty)
    }
}
