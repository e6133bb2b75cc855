import Catalog
import Concurrency
import MariaDB
import Testing

@testable import Worker

/// Texts that a wiki hides after they were gathered, and what it says of its licence.
@Suite(.timeLimit(.minutes(2)))
struct WithdrawnTextTests {
    /// A wiki on which some pages' texts are hidden now, and revisions that aren't the newest are `oldState`.
    private func wiki(hidden: Set<Int>, oldState: [String: Any]) throws -> ScriptedWiki {
        nonisolated(unsafe) let oldState = oldState  // It is never changed.
        return try ScriptedWiki(ScriptedWiki.pages(3)) { request, state in
            if let ids = request["revids"] {
                let revisions = ids.split(separator: "|").compactMap { Int($0) }.map { id in
                    ["revid": id].merging(oldState) { own, _ in own }
                }
                return ScriptedWiki.reply([
                    "batchcomplete": true, "curtimestamp": ScriptedWiki.now,
                    "query": ["pages": [["pageid": 1, "revisions": revisions]]],
                ])
            }
            guard let ids = request["pageids"] else { return nil }
            let pages = ids.split(separator: "|").compactMap { Int($0) }.compactMap { id -> [String: Any]? in
                guard let page = state.pages.first(where: { $0.id == id }) else { return nil }
                var revision = page.revisionInfo
                if hidden.contains(page.revision) {
                    revision["slots"] = ["main": ["contentmodel": "Scribunto", "texthidden": true]]
                }
                return page.info.merging(["revisions": [revision]]) { _, new in new }
            }
            return ScriptedWiki.reply([
                "batchcomplete": true, "curtimestamp": ScriptedWiki.now, "query": ["pages": pages],
            ])
        }
    }

    @Test func aTextThatIsShownAgainIsFetchedWithoutANewRevision() async throws {
        let hiding = try wiki(hidden: [2], oldState: [:])
        let bench = try await Bench(url: hiding.url)
        try await bench.harvest()
        #expect(try await bench.pages()[1] == "Page_0002 2 hidden")
        let second = try await bench.harvest()
        #expect(second["fetched"] == 1)
        #expect(second["changed"] == 0)

        let showing = try wiki(hidden: [], oldState: [:])
        try await bench.execute("UPDATE wikis SET url = ?", [.string(showing.url)])
        let third = try await bench.harvest()
        #expect(third["fetched"] == 1)
        #expect(try await bench.pages()[1] == "Page_0002 2")
        let fourth = try await bench.harvest()
        #expect(fourth["fetched"] == 0)
        #expect(try await bench.number("SELECT COUNT(*) FROM module_history WHERE sha256 IS NOT NULL") == 3)
    }

    @Test func anEarlierRevisionThatIsHiddenLosesItsText() async throws {
        let wiki = try wiki(hidden: [], oldState: ["sha1hidden": true])
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        wiki.state.withLock {
            $0.pages[0].revision = 100
            $0.pages[0].text = "return 100"
        }
        // It was seen just now: there is no need to ask yet.
        #expect(try await bench.harvest()["withdrawn"] == 0)
        #expect(!wiki.requests.contains { $0["revids"] != nil })
        try await bench.execute(
            "UPDATE module_history SET checked_at = checked_at - INTERVAL 8 DAY, seen_at = seen_at - INTERVAL 8 DAY"
        )
        #expect(try await bench.harvest()["withdrawn"] == 1)
        #expect(wiki.requests.compactMap { $0["revids"] } == ["1"])
        #expect(try await bench.number("SELECT COUNT(*) FROM module_history WHERE no_source_reason = 'hidden'") == 1)
        #expect(try await bench.number("SELECT COUNT(*) FROM unlinked_sources") == 1)
        // There is nothing left to ask for.
        #expect(try await bench.harvest()["withdrawn"] == 0)
        #expect(wiki.requests.count { $0["revids"] != nil } == 1)
    }

    @Test func whatAWikiSaysOfItsLicenceIsNoted() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(1)) { request, state in
            guard request["meta"] == "siteinfo" else { return nil }
            #expect(request["siprop"] == "general|namespaces|rightsinfo")
            return ScriptedWiki.reply([
                "query": [
                    "general": [
                        "wikiid": state.wikiID, "generator": "MediaWiki 1.39", "lang": "en", "time": ScriptedWiki.now,
                    ],
                    "namespaces": ["828": ["id": 828, "name": "Modul", "canonical": "Module"]],
                    "rightsinfo": ["url": "//creativecommons.org/licenses/by-sa/4.0/", "text": "CC BY-SA 4.0"],
                ]
            ])
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        let record = try #require(try await WikiTable(bench.pool).record("testwiki"))
        #expect(
            record.license == WikiLicense(name: "CC BY-SA 4.0", url: "http://creativecommons.org/licenses/by-sa/4.0/")
        )
        let columns = ["license", "license_url", "page_url", "permalink", "history_url"]
        for try await batch in try ModuleListing(bench.pool, filter: ModuleFilter(), columns: columns).batches {
            let texts = batch[0].map { $0.field == .null ? "" : "\($0.field)" }
            #expect(texts.count == 5)
            let urls = batch[0].compactMap { column -> String? in
                guard case .text(let bytes) = column.field else { return nil }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(
                urls.dropFirst(2) == [
                    "\(wiki.url)/index.php?title=Modul:Page_0001", "\(wiki.url)/index.php?oldid=1",
                    "\(wiki.url)/index.php?curid=1&action=history",
                ]
            )
        }
    }
}
