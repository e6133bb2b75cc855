import CLI
import MariaDB
import Testing

@Suite struct DisplayTextTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本語", 6), ("한국", 4), ("\u{1112}\u{1161}\u{11AB}", 2),
        ("ｆｕｌｌ", 8), ("العربية", 7), ("नमस्ते", 4), ("😀", 2), ("🇫🇷", 2), ("a\u{200B}b", 2), ("ﬁ", 1), ("…", 1), ("█▌", 2),
    ])
    func width(text: String, expected: Int) {
        #expect(DisplayText.width(text) == expected)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"), ("abc", 1, "…"), ("abc", 0, ""),
    ])
    func cut(text: String, limit: Int, expected: String) {
        #expect(DisplayText.cut(text, to: limit) == expected)
    }

    @Test(arguments: [
        (Array("plain \\ text".utf8), "plain \\ text"), (Array("\u{1B}[31m\u{7}".utf8), "\\x1b[31m\\x07"),
        (Array("a\tb\r\n".utf8), "a\\tb\\r\\n"), (Array("\u{9B}2J\u{85}".utf8), "\\x9b2J\\x85"),
        ([0x61, 0xFF, 0xC3, 0x28, 0xC3, 0xA9], "a\\xff\\xc3(é"), ([0xE6, 0x97], "\\xe6\\x97"),
        (Array("a\u{202E}b\u{2028}".utf8), "a\\u{202e}b\\u{2028}"), (Array("می\u{200C}خواهم".utf8), "می\u{200C}خواهم"),
    ])
    func visible(bytes: [UInt8], expected: String) {
        #expect(DisplayText.visible(bytes) == expected)
    }

    @Test func theNextColumnStaysBehindTextFromRightToLeft() {
        var listing = Listing(
            [ListColumn("title"), ListColumn("page_id", .right)],
            format: .table,
            asOf: .init(microseconds: 0),
            style: TerminalStyle(width: 80, height: 24, isColoured: false)
        )
        let text = String(
            decoding: listing.rows([[.text("وحدة"), .int(12)], [.text("abcdef"), .int(5)]]),
            as: UTF8.self
        )
        #expect(text == "TITLE   PAGE ID\nوحدة\u{200E}         12\nabcdef        5\n")
    }
}
