import Catalog
import FoundationEssentials
import MariaDB
import MediaWiki
import Testing

@testable import Worker

/// The row that a page becomes.
@Suite struct ModuleRowTests {
    private let time = Timestamp(microseconds: 1_800_000_000_000_000)

    private func info(model: String = "Scribunto", isRedirect: Bool = false) -> PageInfo {
        PageInfo(
            pageID: 7,
            namespace: 828,
            title: WikiTitle(bytes: Array("Ünïcode_🦉".utf8)),
            lastRevisionID: 70,
            length: 9,
            contentModel: model,
            isRedirect: isRedirect
        )
    }

    private func row(
        _ info: PageInfo,
        _ source: PageSource?,
        model: String? = nil,
        revision: Int64 = 71,
        length: Int? = 8
    ) -> ModuleRow {
        let revision = source.map {
            PageRevision(
                revisionID: revision,
                timestamp: Date(timeIntervalSince1970: 1_700_000_000),
                length: length,
                contentModel: model,
                source: $0
            )
        }
        return ModuleRow(info, revision: revision, dbname: "testwiki", observedAt: time, walk: 3)
    }

    @Test func moduleHasItsSource() {
        let row = row(info(), .text(Array("return 1".utf8)), model: "Scribunto")
        #expect(row.dbname == "testwiki")
        #expect(row.pageID == 7)
        #expect(row.title == Array("Ünïcode_🦉".utf8))
        // What the text belongs to, not what the page was when it was listed.
        #expect(row.lastRevisionID == 71)
        #expect(row.revisedAt == Timestamp(microseconds: 1_700_000_000_000_000))
        #expect(row.content == .source(Array("return 1".utf8)))
        #expect(row.length == 8)
        #expect(row.observedAt == time)
        #expect(row.walk == 3)
    }

    @Test func otherModelsHaveNone() {
        #expect(row(info(model: "wikitext"), nil).content == .none(.notScribunto))
        #expect(row(info(model: "json"), .text([0x7b, 0x7d])).content == .none(.notScribunto))
        // Its model was changed after it was listed.
        let changed = row(info(), .text([0x41]), model: "wikitext")
        #expect(changed.content == .none(.notScribunto))
        #expect(changed.contentModel == "wikitext")
        #expect(row(info(model: "wikitext"), nil).lastRevisionID == 70)
        // The same as of a page that was only listed.
        let listed = row(info(model: "wikitext"), nil)
        #expect(row(info(model: "wikitext"), .text([0x41]), model: "wikitext", revision: 70) == listed)
        #expect(row(info(isRedirect: true), .text([0x41]), model: "wikitext").revisedAt != nil)
    }

    /// The list is compared by the page's length, which the revision's may differ from.
    @Test func lengthIsOfTheRevisionThatIsKept() {
        #expect(row(info(), .text([0x41]), revision: 70, length: 8).length == 9)
        #expect(row(info(), .text([0x41]), revision: 71, length: 8).length == 8)
        #expect(row(info(), .text([0x41]), revision: 71, length: nil).length == 9)
        #expect(row(info(model: "wikitext"), nil).length == 9)
    }

    @Test func sourceThatTheTableDoesNotTake() {
        let largest = [UInt8](repeating: 0x20, count: ModuleRow.sourceLimit)
        #expect(row(info(), .text(largest)).content == .source(largest))
        #expect(row(info(), .text(largest + [0x20])).content == .none(.tooLarge))
    }

    @Test func reasonsAreKept() {
        #expect(row(info(), .hidden).content == .none(.hidden))
        #expect(row(info(), .suppressed).content == .none(.suppressed))
        #expect(row(info(), .textMissing).content == .none(.textMissing))
        #expect(row(info(), .noContent(reason: "no main slot")).content == .none(.textMissing))
        let large = ModuleRow(unreadable: info(), reason: .tooLarge, dbname: "testwiki", observedAt: time, walk: 3)
        #expect(large.content == .none(.tooLarge))
        #expect(large.lastRevisionID == 70)
    }

    @Test func redirectsHaveATarget() {
        let lua = row(info(isRedirect: true), .text(Array("return require [[Module:Other]]".utf8)), model: "Scribunto")
        #expect(lua.isRedirect)
        #expect(lua.redirectTarget == Array("Module:Other".utf8))
        let text = Array("#REDIRECT [[Module:Doc/doc]]".utf8)
        let wikitext = row(info(model: "wikitext", isRedirect: true), .text(text), model: "wikitext")
        #expect(wikitext.redirectTarget == Array("Module:Doc/doc".utf8))
        #expect(row(info(), .text(Array("return require [[Module:Other]]".utf8))).redirectTarget == nil)
    }
}
