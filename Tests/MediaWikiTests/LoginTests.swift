import MediaWiki
import Testing

/// Requests in the name of an account.
@Suite(.timeLimit(.minutes(2))) struct LoginTests {
    private static let token = #"{"query":{"tokens":{"logintoken":"abc+\\"}}}"#
    private static let password = WikiCredentials.botPassword(name: "Me@bot", password: "pass word&")

    private static func siteInfo(rights: String) -> String {
        """
        {"query":{"general":{"generator":"MediaWiki 1.39.17","lang":"en","time":"2026-11-22T06:10:00Z",
        "wikiid":"testwiki"},"namespaces":{},"userinfo":{"id":3,"name":"Me","groups":["*","user","bot"],
        "rights":[\(rights)]}}}
        """
    }

    @Test func tokenGoesWithEachRequest() async throws {
        let replies = [Self.siteInfo(rights: #""read","apihighlimits""#)].map { ReplayServer.Reply($0) }
        let server = try ReplayServer(replies, credentials: .token("t0ken"))
        #expect(server.api.pagesPerRequest == 50)
        #expect(!server.api.needsLogin)
        _ = try await server.api.siteInfo()
        #expect(server.sent("Authorization") == ["Bearer t0ken"])
        #expect(server.requests[0]["assert"] == "user")
        #expect(server.requests[0]["meta"] == "siteinfo|userinfo")
        #expect(server.api.account == WikiAccount(name: "Me", groups: ["*", "user", "bot"], hasHighLimits: true))
        #expect(server.api.pagesPerRequest == 500)
    }

    @Test func botPasswordIsACookieFromThenOn() async throws {
        let server = try ReplayServer(
            [
                .init(Self.token, headers: ["Set-Cookie: s=1; path=/; HttpOnly", "Set-Cookie: x=deleted; Max-Age=0"]),
                .init(
                    #"{"login":{"result":"Success","lguserid":3,"lgusername":"Me"}}"#,
                    headers: ["Set-Cookie: s=2; path=/", "Set-Cookie: UserID=3"]
                ),
                .init(Self.siteInfo(rights: #""read""#)),
            ],
            credentials: Self.password
        )
        #expect(server.api.needsLogin)
        try await server.api.logIn(token: try await server.api.loginToken())
        #expect(!server.api.needsLogin)
        _ = try await server.api.siteInfo()
        #expect(server.sent("Cookie") == [nil, "s=1", "UserID=3; s=2"])
        #expect(server.sent("Authorization") == [nil, nil, nil])
        #expect(server.requests.map { $0["assert"] } == [nil, nil, "user"])
        // It is in no address, which servers log.
        #expect(server.bodies == ["", "lgname=Me%40bot&lgpassword=pass%20word%26&lgtoken=abc%2B%5C", ""])
        #expect(server.api.pagesPerRequest == 50)
    }

    @Test func wrongPasswordIsSaid() async throws {
        let server = try ReplayServer(
            [.init(#"{"login":{"result":"Failed","reason":"Incorrect username or password"}}"#)],
            credentials: Self.password
        )
        let error = await #expect(throws: APIError.self) { try await server.api.logIn(token: "t") }
        #expect(error?.kind == .credentials)
        #expect(error?.recovery == .permanent)
        #expect(error.map { "\($0)".contains("pass word") } == false)
    }

    @Test(arguments: ["assertuserfailed", "mwoauth-invalid-authorization-invalid-user"])
    func credentialsThatRanOutAreSaid(_ code: String) async throws {
        let server = try ReplayServer(
            [.init(#"{"error":{"code":"\#(code)","info":"no"}}"#)],
            credentials: .token("t0ken")
        )
        let error = await #expect(throws: APIError.self) { try await server.api.siteInfo() }
        #expect(error?.kind == .credentials)
    }

    @Test func credentialsShowNothing() {
        #expect(!"\(WikiCredentials.token("t0ken"))".contains("t0ken"))
        #expect(!"\(Self.password)".contains("pass word"))
    }

    @Test func limitClasses() {
        let bot = WikiAccount(name: "B", groups: ["bot"], hasHighLimits: true)
        let plain = WikiAccount(name: "B", groups: ["user"], hasHighLimits: false)
        #expect(LimitClass(isAtWikimedia: true, account: nil, hasContact: false) == .knownNetwork)
        #expect(LimitClass(isAtWikimedia: false, account: bot, hasContact: true) == .approvedBot)
        #expect(LimitClass(isAtWikimedia: false, account: plain, hasContact: true) == .account)
        #expect(LimitClass(isAtWikimedia: false, account: nil, hasContact: true).requestsPerMinute == 200)
        #expect(LimitClass(isAtWikimedia: false, account: nil, hasContact: false).requestsPerMinute == 10)
    }
}
