import CLI
import FoundationEssentials
import MariaDB
import Testing

@Suite struct ListingTests {
    let asOf = Timestamp(microseconds: 1_800_000_000_250_000)
    let columns = [
        ListColumn("title"), ListColumn("page_id", .right), ListColumn("revised_at"), ListColumn("is_redirect"),
        ListColumn("sha1", for: .programs), ListColumn("counts"),
    ]

    var rows: [[Cell]] {
        [
            [.text("Arguments"), .int(12), .time(asOf), .flag(false), .bytes([0, 255]), .counts(["b": 2, "a": 1])],
            [.text("a\tb\n\"c\", \\d"), .null, .null, .flag(true), .null, .counts([:])],
            [.text([0x66, 0xFF, 0x67]), .int(.max), .null, .null, .null, .null],
        ]
    }

    func written(_ format: OutputFormat, style: TerminalStyle = .plain, more: Bool? = nil) -> String {
        var listing = Listing(columns, format: format, asOf: asOf, style: style)
        // In two batches, as a stream would come.
        let bytes =
            listing.head() + listing.rows(Array(rows[..<2])) + listing.rows(Array(rows[2...]))
            + listing.tail(more: more)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func json() throws {
        let text = written(.json, more: true)
        #expect(
            text == """
                {"as_of":"2027-01-15T08:00:00.25Z","rows":[
                {"title":"Arguments","page_id":12,"revised_at":"2027-01-15T08:00:00.25Z","is_redirect":false,"sha1":"00ff",\
                "counts":{"a":1,"b":2}},
                {"title":"a\\tb\\n\\"c\\", \\\\d","page_id":null,"revised_at":null,"is_redirect":true,"sha1":null,"counts":{}},
                {"title":{"hex":"66ff67"},"page_id":18446744073709551615,"revised_at":null,"is_redirect":null,"sha1":null,\
                "counts":null}
                ],"more":true}

                """
        )
        let parsed = try JSONDecoder().decode(Envelope.self, from: Data(text.utf8))
        #expect(parsed.more)
    }

    private struct Envelope: Decodable { let more: Bool }

    @Test func emptyJSON() {
        var listing = Listing(columns, format: .json, asOf: asOf, style: .plain)
        let text = String(decoding: listing.head() + listing.rows([]) + listing.tail(), as: UTF8.self)
        #expect(text == "{\"as_of\":\"2027-01-15T08:00:00.25Z\",\"rows\":[]}\n")
    }

    @Test func controlCharactersInJSON() throws {
        let title = "\u{0}\u{1B}[2J\u{7F}\u{9B}\u{A0}é\u{C0}𝄞"
        var listing = Listing([ListColumn("title")], format: .jsonl, asOf: asOf, style: .plain)
        let bytes = listing.rows([[.text(title)]])
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\"title\":\"\\u0000\\u001b[2J\\u007f\\u009b\u{A0}é\u{C0}𝄞\"}\n"
        )
        #expect(try JSONDecoder().decode([String: String].self, from: Data(bytes)) == ["title": title])
    }

    @Test func csv() {
        let lines = [
            "title,page_id,revised_at,is_redirect,sha1,counts",
            "Arguments,12,2027-01-15T08:00:00.25Z,0,00ff,a=1 b=2",
            "\"a\tb\n\"\"c\"\", \\d\",,,1,,\"\"",
        ]
        var listing = Listing(columns, format: .csv, asOf: asOf, style: .plain)
        let bytes = listing.head() + listing.rows(rows) + listing.tail()
        let last = [0x66, 0xFF, 0x67] + Array(",18446744073709551615,,,,\r\n".utf8)
        #expect(bytes == lines.flatMap { Array($0.utf8) + [13, 10] } + last)
    }

    @Test func tsv() {
        var listing = Listing(columns, format: .tsv, asOf: asOf, style: .plain)
        let bytes = listing.head() + listing.rows(rows) + listing.tail()
        let lines = [
            "title\tpage_id\trevised_at\tis_redirect\tsha1\tcounts",
            "Arguments\t12\t2027-01-15T08:00:00.25Z\t0\t00ff\ta=1 b=2",
            "a\\tb\\n\"c\", \\\\d\t\\N\t\\N\t1\t\\N\t",
        ]
        let last = [0x66, 0xFF, 0x67] + Array("\t18446744073709551615\t\\N\t\\N\t\\N\t\\N\n".utf8)
        #expect(bytes == lines.flatMap { Array($0.utf8) + [10] } + last)
    }

    @Test func plainTableIsNotCut() {
        #expect(
            written(.table, more: true) == """
                TITLE          PAGE ID  REVISED AT            IS REDIRECT  COUNTS
                Arguments           12  2027-01-15 08:00:00Z  no           a=1 b=2
                a\\tb\\n"c", \\d        -  -                     yes\u{20}\u{20}\u{20}\u{20}\u{20}\u{20}\u{20}\u{20}\u{20}\u{20}
                f\\xffg         18446744073709551615  -                     -            -

                as of 2027-01-15 08:00:00Z · 3 rows, and there are more: see --limit

                """
        )
    }

    @Test(arguments: [80, 60, 40, 20, 10, 1])
    func terminalTableFits(width: Int) {
        let style = TerminalStyle(width: width, height: 24, isColoured: false)
        let table = written(.table, style: style).split(separator: "\n\n")[0]
        for line in table.split(separator: "\n") {
            #expect(DisplayText.width(String(line)) <= width)
        }
    }

    @Test func whatHasNoRoomIsLeftOutAndNamed() {
        let text = written(.table, style: TerminalStyle(width: 50, height: 24, isColoured: false))
        #expect(
            text == """
                TITLE          PAGE ID  REVISED AT
                Arguments           12  2027-01-15 08:00:00Z
                a\\tb\\n"c", \\d        -  -
                f\\xffg         184467…  -

                as of 2027-01-15 08:00:00Z · 3 rows
                no room for is_redirect, counts

                """
        )
    }

    @Test func coloursOnlyWhereTheyMayBe() {
        #expect(!written(.table, style: TerminalStyle(width: 80, height: 24, isColoured: false)).contains("\u{1B}"))
        #expect(
            written(.table, style: TerminalStyle(width: 80, height: 24, isColoured: true)).contains("\u{1B}[1mTITLE")
        )
    }
}
