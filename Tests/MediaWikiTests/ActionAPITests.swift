import FoundationEssentials
import MediaWiki
import Testing

@Suite(.timeLimit(.minutes(2))) struct ActionAPITests {
    private static let siteInfo = #"""
        {"batchcomplete":true,"query":{"general":{"mainpage":"Main","generator":"MediaWiki 1.39.17","case":"first-letter",
        "lang":"bn","time":"2026-11-22T06:10:00Z","wikiid":"testwiki","articlepath":"/wiki/$1"},"namespaces":{
        "-2":{"id":-2,"case":"first-letter","name":"Media","canonical":"Media"},
        "0":{"id":0,"case":"first-letter","name":""},
        "828":{"id":828,"case":"case-sensitive","name":"মডিউল","canonical":"Module"}}}}
        """#

    @Test func siteInfo() async throws {
        let server = try ReplayServer(Self.siteInfo)
        let info = try await server.api.siteInfo()
        #expect(info.generator == "MediaWiki 1.39.17")
        #expect(info.language == "bn")
        #expect(info.serverTime == Date(timeIntervalSince1970: 1_795_327_800))
        #expect(info.moduleNamespace == .init(name: "মডিউল", canonicalName: "Module"))
        #expect(server.requests.count == 1)
        #expect(server.requests[0]["maxlag"] == "5")
        #expect(server.requests[0]["siprop"] == "general|namespaces|rightsinfo")
    }

    @Test(arguments: [
        (#""rightsinfo":{"url":"","text":""}"#, SiteInfo.Rights(name: nil, url: nil)),
        (
            #""rightsinfo":{"url":"//a.test/by-sa","text":"CC BY-SA"}"#,
            SiteInfo.Rights(name: "CC BY-SA", url: "http://a.test/by-sa")
        ),
        (#""x":1"#, SiteInfo.Rights(name: nil, url: nil)),
    ])
    func licence(_ json: String, _ rights: SiteInfo.Rights) async throws {
        let server = try ReplayServer(Self.siteInfo.replacing(#""query":{"#, with: #""query":{\#(json),"#))
        #expect(try await server.api.siteInfo().rights == rights)
    }

    @Test func statesOfRevisions() async throws {
        let server = try ReplayServer(
            """
            {"batchcomplete":true,"curtimestamp":"2026-11-22T04:30:00Z","query":{
                "badrevids":{"9":{"revid":9,"missing":true}},
                "pages":[{"pageid":1,"ns":828,"title":"Module:A","revisions":[
                    {"revid":1,"parentid":0,"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709"},
                    {"revid":2,"parentid":1,"sha1hidden":true},
                    {"revid":3,"parentid":2,"sha1hidden":true,"suppressed":true},
                    {"revid":4,"parentid":3,"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","suppressed":true}]}]}}
            """
        )
        let answer = try await server.api.revisionStates(ids: [1, 2, 3, 4, 9])
        #expect(answer.states == [1: .shown, 2: .hidden, 3: .suppressed, 4: .shown, 9: .missing])
        #expect(server.requests[0]["revids"] == "1|2|3|4|9")
        #expect(server.requests[0]["rvprop"] == "ids|sha1")
    }

    @Test func wikiWithoutModules() async throws {
        let server = try ReplayServer(Self.siteInfo.replacing("828", with: "830"))
        #expect(try await server.api.siteInfo().moduleNamespace == nil)
    }

    @Test func anotherWiki() async throws {
        let server = try ReplayServer(Self.siteInfo.replacing("testwiki", with: "otherwiki"))
        let error = await #expect(throws: APIError.self) { try await server.api.siteInfo() }
        #expect(error?.kind == .wrongWiki(found: "otherwiki"))
    }

    private static func info(_ id: Int, _ title: String, _ more: String = "") -> String {
        """
        {"pageid":\(id),"ns":828,"title":"Module:\(title)","contentmodel":"Scribunto","pagelanguage":"en",\
        "touched":"2026-01-01T00:00:00Z","lastrevid":\(id * 10),"length":7\(more)}
        """
    }

    @Test func moduleList() async throws {
        let server = try ReplayServer(
            """
            {"batchcomplete":true,"continue":{"gapcontinue":"C \\"d\\" é","continue":"gapcontinue||"},
             "curtimestamp":"2026-11-22T06:10:00Z","limits":{"allpages":500},
             "query":{"pages":[\(Self.info(2, "B b", #","redirect":true"#)),\(Self.info(1, "A"))]}}
            """,
            """
            {"batchcomplete":true,"curtimestamp":"2026-11-22T06:10:09Z","query":{"pages":[\(Self.info(3, "𑀅"))]}}
            """
        )
        let first = try await server.api.moduleList()
        #expect(first.pages.map(\.pageID) == [1, 2])
        #expect(first.pages[1].title.bytes == Array("B_b".utf8))
        #expect(first.pages[1].isRedirect && !first.pages[0].isRedirect)
        #expect(first.pages[0].lastRevisionID == 10)
        #expect(first.pages[0].length == 7)
        #expect(first.pages[0].contentModel == "Scribunto")
        #expect(first.observedAt == Date(timeIntervalSince1970: 1_795_327_800))
        let second = try await server.api.moduleList(from: first.next)
        #expect(second.pages.map(\.title.bytes) == [Array("𑀅".utf8)])
        #expect(second.next == nil)
        #expect(server.requests.map { $0["gapcontinue"] } == [nil, "C \"d\" é"])
        #expect(server.requests.allSatisfy { $0["gapnamespace"] == "828" && $0["gaplimit"] == "max" })
    }

    @Test func emptyModuleList() async throws {
        let server = try ReplayServer(#"{"batchcomplete":true,"curtimestamp":"2026-11-22T06:10:00Z"}"#)
        let list = try await server.api.moduleList()
        #expect(list.pages.isEmpty && list.next == nil)
    }

    @Test func cutModuleList() async throws {
        let server = try ReplayServer(
            """
            {"continue":{"incontinue":"2","continue":"||"},"curtimestamp":"2026-11-22T06:10:00Z",
             "query":{"pages":[\(Self.info(1, "A")),{"pageid":2,"ns":828,"title":"Module:B"}]}}
            """,
            """
            {"batchcomplete":true,"curtimestamp":"2026-11-22T06:10:01Z","continue":{"gapcontinue":"C","continue":"gapcontinue||"},
             "query":{"pages":[{"pageid":1,"ns":828,"title":"Module:A"},\(Self.info(2, "B"))]}}
            """
        )
        let list = try await server.api.moduleList()
        #expect(list.pages.map(\.pageID) == [1, 2])
        #expect(list.next == "C")
        #expect(server.requests[1]["incontinue"] == "2")
    }

    /// The walk would go round for ever. Titles are in the order of their bytes, which isn't that of Swift's strings.
    @Test(arguments: [("M", "M"), ("M", "L"), ("M", ""), ("\u{e9}", "f"), ("e\u{301}x", "e\u{301}"), (nil, "")])
    func listThatDoesNotMoveOn(_ sent: String?, _ next: String) async throws {
        let server = try ReplayServer(Self.list(next: next))
        let error = await #expect(throws: APIError.self) { try await server.api.moduleList(from: sent) }
        #expect(error?.kind == .unexpectedAnswer)
        #expect(error?.recovery == .retry)
    }

    @Test(arguments: [("M", "M_"), ("M", "N"), ("Z", "a"), ("f", "\u{e9}"), ("e\u{301}x", "\u{e9}"), (nil, "A")])
    func listThatMovesOn(_ sent: String?, _ next: String) async throws {
        let server = try ReplayServer(Self.list(next: next))
        #expect(try await server.api.moduleList(from: sent).next == next)
    }

    private static func list(next: String) -> String {
        """
        {"batchcomplete":true,"curtimestamp":"2026-11-22T06:10:01Z","continue":{"gapcontinue":"\(next)",
         "continue":"gapcontinue||"},"query":{"pages":[\(info(1, "A"))]}}
        """
    }

    /// What is listed and can't be told of is an error, not a page less.
    @Test(arguments: [
        #"{"pageid":2,"ns":828,"title":"Module:B"}"#,
        #"{"pageid":2,"ns":828,"title":"Module:B","contentmodel":"Scribunto","lastrevid":20}"#,
        #"{"ns":828,"title":"Module:B"}"#,
    ])
    func listedPageWithoutFacts(_ page: String) async throws {
        let body = #"{"batchcomplete":true,"curtimestamp":"2026-11-22T06:10:00Z","query":{"pages":["#
        let server = try ReplayServer(body + Self.info(1, "A") + "," + page + "]}}")
        let error = await #expect(throws: APIError.self) { try await server.api.moduleList() }
        #expect(error?.kind == .unexpectedAnswer)
    }

    @Test func listedPageThatWentAway() async throws {
        let body = #"{"batchcomplete":true,"curtimestamp":"2026-11-22T06:10:00Z","query":{"pages":["#
        let gone = #"{"pageid":2,"ns":828,"title":"Module:B","missing":true}"#
        let server = try ReplayServer(body + Self.info(1, "A") + "," + gone + "]}}")
        #expect(try await server.api.moduleList().pages.map(\.pageID) == [1])
    }
}
