import MediaWiki
import Testing

@Suite struct WikiSourcesTests {
    // MARK: SiteMatrix

    private static let matrix = #"""
        {"sitematrix":{"count":4,
         "0":{"code":"aa","name":"Qafár af","site":[{"url":"https://aa.wikipedia.org","dbname":"aawiki","code":"wiki",
              "sitename":"Wikipedia","closed":true}],"dir":"ltr","localname":"Afar"},
         "10":{"code":"en","name":"English","site":[
              {"url":"https://en.wikipedia.org","dbname":"enwiki","code":"wiki","lang":"en","sitename":"Wikipedia"},
              {"url":"https://en.wiktionary.org","dbname":"enwiktionary","code":"wiktionary","sitename":"Wiktionary"}]},
         "2":{"code":"de","name":"Deutsch","site":[{"url":"https://de.wikipedia.org","code":"wiki"}]},
         "specials":[{"url":"https://board.wikimedia.org","dbname":"boardwiki","code":"board","lang":"en","private":true},
              {"url":"https://advisory.wikimedia.org","dbname":"advisorywiki","code":"advisory","closed":"","fishbowl":""},
              {"url":"https://commons.wikimedia.org","dbname":"commonswiki","code":"commons","sitename":"Commons"}]}}
        """#

    @Test func siteMatrix() throws {
        let matrix = try SiteMatrix(json: Array(Self.matrix.utf8))
        #expect(
            matrix.wikis == [
                try WikiDescription(
                    dbname: "aawiki",
                    url: "https://aa.wikipedia.org/w",
                    language: "aa",
                    family: "wikipedia",
                    isClosed: true,
                    name: "Wikipedia"
                ),
                try WikiDescription(
                    dbname: "enwiki",
                    url: "https://en.wikipedia.org/w",
                    language: "en",
                    family: "wikipedia",
                    name: "Wikipedia"
                ),
                try WikiDescription(
                    dbname: "enwiktionary",
                    url: "https://en.wiktionary.org/w",
                    language: "en",
                    family: "wiktionary",
                    name: "Wiktionary"
                ),
                try WikiDescription(
                    dbname: "boardwiki",
                    url: "https://board.wikimedia.org/w",
                    language: "en",
                    family: "special",
                    isPrivate: true
                ),
                try WikiDescription(
                    dbname: "advisorywiki",
                    url: "https://advisory.wikimedia.org/w",
                    language: "advisory",
                    family: "special",
                    isClosed: true,
                    isFishbowl: true
                ),
                try WikiDescription(
                    dbname: "commonswiki",
                    url: "https://commons.wikimedia.org/w",
                    language: "commons",
                    family: "special",
                    name: "Commons"
                ),
            ]
        )
        #expect(matrix.problems.problems.map(\.reason) == ["an entry without dbname"])
        #expect(matrix.continuation == nil)
    }

    @Test func siteMatrixGoesOn() throws {
        let json = #"{"query-continue":{"sitematrix":{"smcontinue":"language|de"}},"sitematrix":{"count":900}}"#
        #expect(try SiteMatrix(json: Array(json.utf8)).continuation == "language|de")
    }

    @Test func siteMatrixIsAskedWithItsContinuation() async throws {
        let server = try ReplayServer(
            #"{"query-continue":{"sitematrix":{"smcontinue":"special|boardwiki"}},"sitematrix":{"count":1}}"#,
            Self.matrix
        )
        let first = try await server.api.siteMatrix()
        let second = try await server.api.siteMatrix(from: first.continuation)
        #expect(second.wikis.count == 6)
        #expect(server.requests.map { $0["smcontinue"] } == [nil, "special|boardwiki"])
        #expect(server.requests[0]["action"] == "sitematrix")
    }

    @Test func unusableEntriesOfSiteMatrixAreNamed() throws {
        let json = #"""
            {"sitematrix":{"count":6,"0":{"code":"aa","site":[
             {"url":"","dbname":"aawiki","code":"wiki"},{"url":false,"dbname":"abwiki","code":"wiki"},
             {"url":"https://ac.example","dbname":7,"code":"wiki"},{"url":"https://ad.example","dbname":"A D"},
             {"url":"https://ae.example","dbname":"aewiki","code":["wiki"],"sitename":1,"closed":true}]},
             "specials":[{"dbname":"afwiki"}]}}
            """#
        let matrix = try SiteMatrix(json: Array(json.utf8))
        #expect(matrix.wikis.map(\.dbname) == ["aewiki"])
        #expect(matrix.wikis.first?.isClosed == true)
        #expect(matrix.problems.count == 5)
        #expect(matrix.unusableNames == ["aawiki", "abwiki", "A D", "afwiki"])
    }

    @Test func answerWithoutSiteMatrix() async throws {
        let server = try ReplayServer(#"{"batchcomplete":true}"#)
        let error = await #expect(throws: APIError.self) { try await server.api.siteMatrix() }
        #expect(error?.kind == .noSiteMatrix)
        #expect(error?.recovery == .permanent)
    }

    @Test func noSiteMatrix() {
        #expect(throws: WikiDescriptionError.self) { try SiteMatrix(json: Array("<html>".utf8)) }
        #expect(throws: WikiDescriptionError.self) { try SiteMatrix(json: Array("{\"query\":{}}".utf8)) }
    }

    // MARK: meta_p

    @Test func metaTable() throws {
        let wiki = try MetaTable.description(
            dbname: "bat_smgwiki",
            language: "bat-smg",
            name: "None",
            family: "None",
            url: "https://bat-smg.wikipedia.org",
            isClosed: true
        )
        #expect(wiki.url == "https://bat-smg.wikipedia.org/w")
        #expect(wiki.family == "special")
        #expect(wiki.name == nil)
        #expect(wiki.isClosed && !wiki.isPrivate)
    }

    @Test(arguments: [nil, "None", "", "no url"]) func metaTableWithoutURL(_ url: String?) {
        let error = #expect(throws: WikiDescriptionError.self) {
            try MetaTable.description(dbname: "xwiki", language: "x", name: nil, family: "f", url: url, isClosed: false)
        }
        #expect(error?.reason.contains("xwiki") == true)
    }

    // MARK: File

    private static let header = "dbname\turl\tlang\tfamily\tclosed\n"

    @Test func listFile() throws {
        let text =
            "\u{feff}" + Self.header + "enwiki\thttps://en.wikipedia.org/w/\ten\twikipedia\t0\r\n\n"
            + "aawiki\thttp://127.0.0.1:8080/aawiki\taa\twikipedia\t1"
        let wikis = try WikiListFile.parse(Array(text.utf8))
        #expect(wikis.map(\.dbname) == ["enwiki", "aawiki"])
        #expect(wikis.map(\.url) == ["https://en.wikipedia.org/w", "http://127.0.0.1:8080/aawiki"])
        #expect(wikis.map(\.isClosed) == [false, true])
    }

    @Test func allProblemsOfAFile() throws {
        var bytes = Array(Self.header.utf8)
        bytes += Array("enwiki\thttps://en.wikipedia.org/w\ten\twikipedia\t0\n".utf8)
        bytes += Array("enwiki\thttps://xx.wikipedia.org/w\ten\twikipedia\t0\n".utf8)
        bytes += Array("dewiki\thttps://en.wikipedia.org/w\tde\twikipedia\t0\n".utf8)
        bytes += Array("En Wiki\thttps://a.example/w\ten\twikipedia\t0\n".utf8)
        bytes += Array("frwiki\tftp://fr.wikipedia.org/w\tfr\twikipedia\t0\n".utf8)
        bytes += Array("itwiki\thttps://it.wikipedia.org/w?x=1\tit\twikipedia\t0\n".utf8)
        bytes += Array("plwiki\thttps://pl.wikipedia.org/w\tpl\twikipedia\tno\n".utf8)
        bytes += Array("only two\tfields\n".utf8)
        bytes += [0x78, 0xff, 0x0a]
        let error = try #require(throws: WikiListError.self) { try WikiListFile.parse(bytes) }
        #expect(error.problems.problems.map(\.line) == [3, 4, 5, 6, 7, 8, 9, 10])
        #expect(error.problems.problems[0].reason.contains("line 2"))
        #expect(error.problems.problems[1].reason.contains("line 2"))
        #expect(error.problems.problems[6].reason.contains("2 fields"))
        #expect(error.description.hasPrefix("8 problem(s)"))
    }

    @Test func problemsAreBounded() throws {
        let text = Self.header + String(repeating: "x\n", count: 1000)
        let error = try #require(throws: WikiListError.self) { try WikiListFile.parse(Array(text.utf8)) }
        #expect(error.problems.problems.count == 20)
        #expect(error.problems.count == 1000)
        #expect(error.description.hasSuffix("and 980 more"))
    }

    @Test(arguments: [
        "", "\n\n", "enwiki\thttps://en.wikipedia.org/w\ten\twikipedia\t0\n", "dbname\turl\tlang\tfamily\tclosed",
    ])
    func noList(_ text: String) {
        #expect(throws: WikiListError.self) { try WikiListFile.parse(Array(text.utf8)) }
    }

    // MARK: Rules

    @Test func names() {
        for good in ["enwiki", "be_x_oldwiki", "zh-min-nanwiki", "1wiki", String(repeating: "a", count: 64)] {
            #expect(WikiDescription.isDBName(good))
        }
        for bad in ["", "EnWiki", "en wiki", "_wiki", "énwiki", "en;wiki", "a/b", String(repeating: "a", count: 65)] {
            #expect(!WikiDescription.isDBName(bad))
        }
    }

    @Test func userAgent() {
        #expect(
            UserAgent.make(version: "1.0", contact: "ops@example.org", library: "libcurl/7.88.1")
                == "Perigee/1.0 (ops@example.org; bot) libcurl/7.88.1"
        )
        #expect(UserAgent.make(version: "1.0", contact: nil, library: "l/1") == "Perigee/1.0 (bot) l/1")
        #expect(UserAgent.make(version: "1", contact: "a)\r\nX: (b", library: "l/1") == "Perigee/1 (aX: b; bot) l/1")
        for url in ["https://en.wikipedia.org/w", "https://www.wikidata.org/w", "https://WIKIMEDIA.org:443/w"] {
            #expect(UserAgent.requiresContact(url))
        }
        for url in [
            "http://127.0.0.1:8080/enwiki", "https://notwikipedia.org/w", "https://wikipedia.org.example/w", "x",
        ] {
            #expect(!UserAgent.requiresContact(url))
        }
    }
}
