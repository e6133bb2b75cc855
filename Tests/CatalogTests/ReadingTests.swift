import Catalog
import Crypto
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct ReadingTests {
    private func entry(_ dbname: String, family: String = "wikipedia") -> WikiEntry {
        WikiEntry(dbname: dbname, url: "https://\(dbname).example/w", site: "example", lang: "aa", family: family)
    }

    /// Three wikis, of which one has a local name for the namespace and one has no modules.
    private func makeCatalog() async throws -> TestCatalog {
        let catalog = try await TestCatalog.make()
        let wikis = [entry("aawiki"), entry("bbwiki", family: "wiktionary"), entry("ccwiki")]
        var json = module(3, title: "Data.json", at: 10)
        json.content = .none(.notScribunto)
        json.contentModel = "json"
        var redirect = module(4, title: "Old_name", source: "return require [[Modul:New]]", at: 10)
        redirect.isRedirect = true
        redirect.redirectTarget = Array("Modul:New".utf8)
        try await catalog.write { transaction in
            _ = try await WikiTable.sync(wikis, source: .list, at: time(0), in: transaction)
            try await WikiTable.noteWalk(
                of: "aawiki",
                namespace: Array("Modul".utf8),
                result: .walked,
                startedAt: time(0),
                in: transaction
            )
            _ = try await ModuleTable.write(
                [
                    module(1, title: "New_name", source: "shared", revision: 11, at: 10),
                    module(2, title: "Gone", at: 10), json,
                    redirect, module(1, title: "Shared_100%", source: "shared", at: 10, wiki: "bbwiki"),
                    module(2, title: "new_name", source: "shared", at: 10, wiki: "bbwiki"),
                ],
                in: transaction
            )
            try await ModuleTable.markDeleted("aawiki", [2], at: time(20), walk: 1, in: transaction)
        }
        return catalog
    }

    private func list(
        _ catalog: TestCatalog,
        _ columns: [String] = ["dbname", "page_id"],
        _ change: (inout ModuleFilter) -> Void = { _ in }
    ) async throws -> [ListedModule] {
        var filter = ModuleFilter()
        change(&filter)
        var modules: [ListedModule] = []
        for try await batch in try ModuleListing(catalog.pool, filter: filter, columns: columns).batches {
            modules += batch
        }
        return modules
    }

    private func keys(_ modules: [ListedModule]) -> [String] {
        modules.map { module in
            module.map { field in
                switch field.field {
                case .text(let bytes): String(decoding: bytes, as: UTF8.self)
                case .int(let number): "\(number)"
                default: "?"
                }
            }.joined(separator: " ")
        }
    }

    @Test func columnsAreTyped() async throws {
        let catalog = try await makeCatalog()
        let columns = ModuleColumn.allCases.map(\.rawValue)
        let modules = try await list(catalog, columns) { $0.presence = .all }
        #expect(modules.count == 6)
        for module in modules { #expect(module.map(\.name) == columns) }
        func fields(_ index: Int) -> [String: FieldValue] {
            Dictionary(modules[index].map { ($0.name, $0.field) }, uniquingKeysWith: { first, _ in first })
        }
        func text(_ text: String) -> FieldValue { .text(Array(text.utf8)) }
        func digest(_ digest: some Sequence<UInt8>) -> FieldValue { .digest(Array(digest)) }
        let source = Array("shared".utf8)
        let expected: [String: FieldValue] = [
            "dbname": text("aawiki"), "page_id": .int(1), "title": text("New_name"),
            "full_title": text("Modul:New name"),
            "lastrevid": .int(11), "revised_at": .time(time(-1000)), "content_model": text("Scribunto"),
            "length": .int(6),
            "sha1": digest(Insecure.SHA1.hash(data: source)), "sha256": digest(SHA256.hash(data: source)),
            "is_redirect": .flag(false), "redirect_target": .null, "no_source_reason": .null,
            "observed_at": .time(time(10)), "deleted_at": .null, "copies": .int(3), "source": .text(source),
            "license": .null, "license_url": .null,
            "page_url": text("https://aawiki.example/w/index.php?title=Modul:New_name"),
            "permalink": text("https://aawiki.example/w/index.php?oldid=11"),
            "history_url": text("https://aawiki.example/w/index.php?curid=1&action=history"),
        ]
        #expect(fields(0) == expected)
        #expect(fields(1)["deleted_at"] == .time(time(20)))
        #expect(fields(1)["copies"] == .int(0))
        #expect(fields(2)["no_source_reason"] == text("not_scribunto"))
        #expect(
            [fields(2)["source"], fields(2)["sha1"], fields(2)["sha256"], fields(2)["copies"]] == [
                .null, .null, .null, .null,
            ]
        )
        #expect(fields(3)["is_redirect"] == .flag(true))
        #expect(fields(3)["redirect_target"] == text("Modul:New"))
        #expect(fields(4)["full_title"] == text("Module:Shared 100%"))
    }

    @Test func filtersAreByBytes() async throws {
        let catalog = try await makeCatalog()
        #expect(try await keys(list(catalog)) == ["aawiki 1", "aawiki 3", "aawiki 4", "bbwiki 1", "bbwiki 2"])
        #expect(try await keys(list(catalog) { $0.presence = .deleted }) == ["aawiki 2"])
        #expect(try await keys(list(catalog) { $0.family = "wiktionary" }) == ["bbwiki 1", "bbwiki 2"])
        #expect(
            try await keys(list(catalog) { $0.wikis = ["ccwiki", "bbwiki", "nowiki"] }) == ["bbwiki 1", "bbwiki 2"]
        )
        #expect(try await keys(list(catalog) { $0.contentModel = "json" }) == ["aawiki 3"])
        let names = try await keys(list(catalog) { $0.title = .contains(Array("name".utf8)) })
        #expect(names == ["aawiki 1", "aawiki 4", "bbwiki 2"])
        #expect(try await keys(list(catalog) { $0.title = .pattern(Array("new name".utf8)) }) == ["bbwiki 2"])
        #expect(try await keys(list(catalog) { $0.title = .pattern(Array("*ew*e".utf8)) }) == ["aawiki 1", "bbwiki 2"])
        #expect(try await keys(list(catalog) { $0.title = .contains(Array("100%".utf8)) }) == ["bbwiki 1"])
        #expect(try await keys(list(catalog) { $0.title = .contains(Array("%".utf8)) }) == ["bbwiki 1"])
        #expect(try await keys(list(catalog) { $0.title = .contains(Array("!".utf8)) }).isEmpty)
        // More names than go into one query, nearly all of them unknown.
        let many = (0..<1500).map { "a\($0)" } + ["bbwiki"]
        #expect(try await keys(list(catalog) { $0.wikis = many }) == ["bbwiki 1", "bbwiki 2"])
    }

    @Test func unknownColumnsAreNamed() async throws {
        let catalog = try await TestCatalog.make()
        let error = #expect(throws: UnknownColumns.self) {
            try ModuleListing(catalog.pool, filter: ModuleFilter(), columns: ["title", "tilte", "hash"])
        }
        #expect(error?.names == ["tilte", "hash"])
        #expect(error?.known.count == ModuleColumn.allCases.count)
        #expect(error?.description.contains("\"tilte\", \"hash\"; there are dbname, page_id, title") == true)
    }

    @Test func batchesAreBoundedAndHaveEverythingOnce() async throws {
        let catalog = try await TestCatalog.make()
        let wikis = [entry("aawiki"), entry("bbwiki")]
        try await catalog.write { try await WikiTable.sync(wikis, source: .list, at: time(0), in: $0) }
        try await catalog.store((1...1203).map { module($0, title: "T\($0)") })
        let large = String(repeating: "x", count: 1_500_000)
        try await catalog.store((1...7).map { module($0, source: "\($0)\(large)", wiki: "bbwiki") })
        var sizes: [Int] = []
        var pages: [String] = []
        let plain = try ModuleListing(catalog.pool, filter: ModuleFilter(), columns: ["dbname", "page_id"])
        for try await batch in plain.batches {
            sizes.append(batch.count)
            pages += keys(batch)
        }
        #expect(pages == (1...1203).map { "aawiki \($0)" } + (1...7).map { "bbwiki \($0)" })
        #expect(sizes == [500, 500, 203, 7])
        var filter = ModuleFilter()
        filter.wikis = ["bbwiki"]
        var sources: [FieldValue] = []
        for try await batch in try ModuleListing(catalog.pool, filter: filter, columns: ["source"]).batches {
            #expect(batch.count <= 2)
            sources += batch.map { $0[0].field }
        }
        #expect(sources == (1...7).map { .text(Array("\($0)\(large)".utf8)) })
    }

    @Test func oneModuleIsShown() async throws {
        let catalog = try await makeCatalog()
        try await catalog.store([module(1, title: "New_name", source: "changed", revision: 12, at: 30)])
        try await catalog.store([module(8, title: "Gone", at: 40), module(9, title: "Modul:Gone", at: 40)])
        func show(_ name: ModuleDetail.Name) async throws -> (page: FieldValue, revisions: [UInt64])? {
            let detail = try await ModuleDetail.show("aawiki", name, from: catalog.pool)
            return detail.map { ($0.fields[1].field, $0.history.map(\.revisionID)) }
        }
        let detail = try #require(try await ModuleDetail.show("aawiki", .pageID(1), from: catalog.pool))
        #expect(detail.fields.map(\.name) == ModuleColumn.allCases.map(\.rawValue))
        #expect(detail.fields.last?.field == .text(Array("changed".utf8)))
        #expect(detail.history.map(\.revisionID) == [12, 11])
        #expect(detail.history.map(\.seenAt) == [time(30), time(10)])
        #expect(detail.history.first?.sha256 == Array(SHA256.hash(data: Array("changed".utf8))))
        for title in ["New name", "New_name", "Modul:New name", "Module:New_name"] {
            #expect(try await show(.title(Array(title.utf8)))?.page == .int(1), "\(title)")
        }
        // The page that is there before the one that is gone; the title itself before the one without namespace.
        #expect(try await show(.title(Array("Gone".utf8)))?.page == .int(8))
        #expect(try await show(.title(Array("Modul:Gone".utf8)))?.page == .int(9))
        #expect(try await show(.title(Array("new name".utf8))) == nil)
        #expect(try await show(.pageID(77)) == nil)
        #expect(try await ModuleDetail.show("nowiki", .pageID(1), from: catalog.pool) == nil)
    }

    @Test func knownModulesAreCounted() async throws {
        let catalog = try await makeCatalog()
        #expect(try await WikiTable(catalog.pool).record("aawiki")?.knownModules == 3)
        #expect(try await WikiTable(catalog.pool).record("ccwiki")?.knownModules == 0)
    }
}
