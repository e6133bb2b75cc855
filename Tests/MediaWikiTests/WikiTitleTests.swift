import MediaWiki
import Testing

@Suite struct WikiTitleTests {
    @Test(arguments: [
        ("Module:Foo bar", 828, "Foo_bar"), ("Modul:A:B c", 828, "A:B_c"), ("মডিউল:ক", 828, "ক"), ("A:B", 0, "A:B"),
        ("Module:𑀅 \"x\"", 828, "𑀅_\"x\""), ("Module talk:X", 829, "X"),
    ])
    func fromTheAPI(_ text: String, _ namespace: Int, _ key: String) {
        #expect(WikiTitle(apiText: text, namespace: namespace).bytes == Array(key.utf8))
    }

    @Test func canonicallyEquivalentTitlesDiffer() {
        let composed = WikiTitle(apiText: "Module:\u{e9}", namespace: 828)
        let decomposed = WikiTitle(apiText: "Module:e\u{301}", namespace: 828)
        #expect("\u{e9}" == "e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test func orderIsThatOfBytes() {
        let titles = ["B", "a", "Z", "é", "\u{ffff}", "𑀅"].map { WikiTitle(bytes: Array($0.utf8)) }
        #expect(titles.sorted().map(\.text) == ["B", "Z", "a", "é", "\u{ffff}", "𑀅"])
    }

    @Test func textForPeople() {
        let title = WikiTitle(bytes: Array("Foo_bar".utf8))
        #expect(title.text == "Foo bar")
        #expect(WikiTitle(bytes: [0x41, 0xff]).text == "A\u{fffd}")
    }
}
