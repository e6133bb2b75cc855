import HTTPFetch
import MediaWiki
import RawServer
import Testing

@Suite(.timeLimit(.minutes(2))) struct APIErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let reply: ReplayServer.Reply
        let kind: APIError.Kind
        let recovery: APIError.Recovery
        var retryAfter: Duration?
        var testDescription: String { "\(kind)" }
    }

    static let html =
        "<!DOCTYPE html>\n<html><head><title>Wiki - Main page</title></head><body><p>Welcome</p></body></html>"

    static let cases = [
        Case(
            reply: .init(
                #"""
                {"error":{"code":"maxlag","info":"Waiting for db1: 6.2 seconds lagged.","host":"db1","lag":6.2,"type":"db"}}
                """#,
                headers: ["Retry-After: 5", "X-Database-Lag: 6", "MediaWiki-API-Error: maxlag"]
            ),
            kind: .maxlag(seconds: 6.2),
            recovery: .holdBack,
            retryAfter: .seconds(5)
        ),
        Case(
            reply: .init(
                "You are making too many requests to the API.",
                status: "429 Too Many Requests",
                headers: ["Retry-After: 42"]
            ),
            kind: .rateLimited,
            recovery: .holdBack,
            retryAfter: .seconds(42)
        ),
        Case(
            reply: .init("later", status: "503 Unavailable", headers: ["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"]),
            kind: .httpStatus(503),
            recovery: .holdBack,
            retryAfter: .zero
        ),
        Case(reply: .init("x", status: "500 Error"), kind: .httpStatus(500), recovery: .retry),
        Case(reply: .init("x", status: "502 Bad Gateway"), kind: .httpStatus(502), recovery: .retry),
        Case(reply: .init(html, status: "404 Not Found"), kind: .httpStatus(404), recovery: .permanent),
        Case(reply: .init("no", status: "403 Forbidden"), kind: .httpStatus(403), recovery: .permanent),
        Case(
            reply: .init(html),
            kind: .notJSON(firstWords: "Wiki - Main page Welcome"),
            recovery: .permanent
        ),
        Case(reply: .init(""), kind: .notJSON(firstWords: ""), recovery: .permanent),
        Case(reply: .init(#"{"query":{"pages":[{"pageid":1,"#), kind: .brokenJSON, recovery: .retry),
        Case(
            reply: .init(#"{"error":{"code":"ratelimited","info":"You've exceeded your rate limit."}}"#),
            kind: .rateLimited,
            recovery: .holdBack
        ),
        Case(
            reply: .init(#"{"errors":[{"code":"readonly","text":"The wiki is read-only"}]}"#),
            kind: .readOnly,
            recovery: .holdBack
        ),
        Case(
            reply: .init(#"{"error":{"code":"internal_api_error_DBQueryError","info":"[abc] Caught exception"}}"#),
            kind: .api(code: "internal_api_error_DBQueryError"),
            recovery: .retry
        ),
        Case(
            reply: .init(#"{"error":{"code":"readapidenied","info":"You need read permission to use this module."}}"#),
            kind: .api(code: "readapidenied"),
            recovery: .permanent
        ),
        Case(
            reply: .init("unreadable", headers: ["MediaWiki-API-Error: badcontinue"]),
            kind: .badContinue,
            recovery: .permanent
        ),
        Case(
            reply: .init(
                #"{"error":{"code":"badvalue","info":"Unrecognized value for parameter \"gapnamespace\": 828."}}"#,
                headers: ["MediaWiki-API-Error: badvalue"]
            ),
            kind: .noModuleNamespace,
            recovery: .permanent
        ),
        Case(reply: .init(#"{"batchcomplete":true}"#), kind: .unexpectedAnswer, recovery: .retry),
    ]

    @Test(arguments: cases) func answer(_ sample: Case) async throws {
        let server = try ReplayServer([sample.reply])
        let error = try #require(await #expect(throws: APIError.self) { try await server.api.moduleList() })
        #expect(error.kind == sample.kind)
        #expect(error.recovery == sample.recovery)
        #expect(error.retryAfter == sample.retryAfter)
        #expect(error.wiki == "testwiki")
        #expect(error.description.hasPrefix("testwiki: "))
        #expect(server.api.usage.requests == 1)
    }

    @Test func htmlSaysThatTheURLIsWrong() async throws {
        let server = try ReplayServer([.init(Self.html)])
        let error = try #require(await #expect(throws: APIError.self) { try await server.api.siteInfo() })
        #expect(error.description.contains("is the wiki's URL right?"))
    }

    @Test func noAnswer() async throws {
        let port = try #require(LoopbackAddress.freePort())
        let wiki = try WikiDescription(dbname: "xwiki", url: "http://127.0.0.1:\(port)", language: "x", family: "x")
        let api = ActionAPI(client: try HTTPClient(HTTPClientSettings(userAgent: "t")), wiki: wiki)
        let error = try #require(await #expect(throws: APIError.self) { try await api.siteInfo() })
        guard case .transport(let cause) = error.kind else {
            Issue.record("\(error)")
            return
        }
        #expect(cause.code == .cannotConnect)
        #expect(error.recovery == .retry)
        #expect(!error.isCancellation)
    }
}
