import CLI
import Testing

@Suite struct SuggestionTests {
    let wikis = ["dewiki", "enwiki", "enwiktionary", "frwiki", "frwikisource", "zh_min_nanwiki"]

    @Test(arguments: [
        ("enwki", "enwiki"), ("enwiki ", "enwiki"), ("enwikii", "enwiki"), ("frwkii", "frwiki"), ("ENWIKI", "enwiki"),
        ("enwictionary", "enwiktionary"), ("zh_min_nan_wiki", "zh_min_nanwiki"),
    ])
    func findsWhatWasMeant(name: String, expected: String) {
        #expect(Suggestion.nearest(to: name, in: wikis) == expected)
    }

    @Test(arguments: ["", "commons", "x", "enwikibooks", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])
    func saysNothingWhereNothingIsNear(name: String) {
        #expect(Suggestion.nearest(to: name, in: wikis) == nil)
    }

    @Test func saysItInOneLine() {
        #expect(
            Suggestion.unknown("wiki", "enwki", in: wikis, see: "perigee wikis list")
                == "there is no wiki \"enwki\"; did you mean enwiki?"
        )
        #expect(
            Suggestion.unknown("wiki", "x\u{1B}[2J", in: wikis, see: "perigee wikis list")
                == "there is no wiki \"x\\x1b[2J\"; see: perigee wikis list"
        )
    }
}
