import Concurrency
import Jobs
import RawServer
import Testing

@testable import Worker

/// The walk over a namespace, against a wiki that refuses, breaks or isn't the right one.
@Suite(.timeLimit(.minutes(2)))
struct UnwillingWikiTests {
    @Test func refusedContinuationBeginsTheListAnew() async throws {
        let refusals = Lock(1)
        let wiki = try ScriptedWiki(ScriptedWiki.pages(5), listSize: 2) { request, _ in
            guard request["gapcontinue"] == "Page_0005" else { return nil }
            let left = refusals.withLock { left in
                left -= 1
                return left
            }
            return left >= 0 ? .error("badcontinue") : nil
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        #expect(try await bench.pages().count == 5)
        #expect(wiki.requests.filter { $0["generator"] != nil }.count == 3 + 3)
    }

    @Test func continuationThatIsRefusedAgainAndAgain() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(5), listSize: 2) { request, _ in
            request["gapcontinue"] == nil ? nil : .error("badcontinue")
        }
        let result = try await Bench(url: wiki.url).failure()
        #expect(result?.failure?.contains("continuation") == true)
        #expect(wiki.requests.filter { $0["gapcontinue"] != nil }.count == 4)
    }

    @Test func listThatGoesRoundInCircles() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(5), listSize: 2) { request, _ in
            guard request["gapcontinue"] == "Page_0003" else { return nil }
            return ScriptedWiki.reply([
                "batchcomplete": true, "curtimestamp": "2030-01-02T03:04:05Z",
                "continue": ["gapcontinue": "Page_0002", "continue": "gapcontinue||"],
            ])
        }
        let result = try await Bench(url: wiki.url).failure()
        guard case .failed(let message, permanent: false, _) = result else {
            Issue.record("\(String(describing: result))")
            return
        }
        #expect(message.contains("\"Page_0002\", which isn't behind \"Page_0003\""))
        #expect(
            wiki.requests.filter { $0["generator"] != nil }.map { $0["gapcontinue"] ?? "" }
                == ["", "Page_0003", "Page_0003", "Page_0003"]
        )
    }

    @Test func laggingWikiIsLeftAlone() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, _ in
            request["pageids"] == nil ? nil : .error("maxlag", headers: ["Retry-After: 7", "X-Database-Lag: 6"])
        }
        let result = try await Bench(url: wiki.url).failure()
        #expect(result?.isReleased(wait: .seconds(7), resource: .wiki("testwiki")) == true)
        #expect(wiki.requests.last?["maxlag"] == "5")
        #expect(wiki.requests.count == 3)
    }

    @Test func tooManyRequestsConcernTheSite() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, _ in
            guard request["generator"] != nil else { return nil }
            return .init(
                status: "429 Too Many Requests",
                headers: ["Content-Type: text/plain", "Retry-After: 11"],
                body: "You are making too many requests to the API."
            )
        }
        let result = try await Bench(url: wiki.url).failure()
        #expect(result?.isReleased(wait: .seconds(11), resource: .site("test")) == true)
        #expect(wiki.requests.count == 2)
    }

    @Test func serverErrorsThatPassAreWaitedOut() async throws {
        let errors = Lock(2)
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { _, _ in
            let left = errors.withLock { left in
                left -= 1
                return left
            }
            return left >= 0 ? .init(status: "502 Bad Gateway", headers: [], body: "<h1>Bad gateway</h1>") : nil
        }
        let bench = try await Bench(url: wiki.url)
        try await bench.harvest()
        #expect(try await bench.pages().count == 3)
    }

    @Test(arguments: ["meta", "generator", "pageids"]) func serverErrorsThatStay(at question: String) async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, _ in
            guard request[question] != nil else { return nil }
            return .init(status: "500 Internal Server Error", headers: [], body: "<p>Error <b>17</b></p>")
        }
        let result = try await Bench(url: wiki.url).failure()
        guard case .failed(let message, permanent: false, resource: .wiki("testwiki")?) = result else {
            Issue.record("\(String(describing: result))")
            return
        }
        #expect(message.contains("testwiki"))
        #expect(message.contains("HTTP 500"))
        #expect(message.contains("Error 17"))
        #expect(wiki.requests.filter { $0[question] != nil }.count == 3)
    }

    @Test func pageInPlaceOfTheAPI() async throws {
        let wiki = try ScriptedWiki([]) { _, _ in
            .init(headers: ["Content-Type: text/html"], body: "<!DOCTYPE html><title>Welcome to nginx</title>")
        }
        let result = try await Bench(url: wiki.url).failure()
        #expect(result?.failure?.contains("the answer isn't JSON, it begins with \"Welcome to nginx\"") == true)
        #expect(wiki.requests.count == 1)
    }

    @Test func anotherWikiAnswers() async throws {
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { _, state in
            state.wikiID = "otherwiki"
            return nil
        }
        let bench = try await Bench(url: wiki.url)
        let result = try await bench.failure()
        #expect(result?.failure?.contains("another wiki answers, otherwiki") == true)
        #expect(try await bench.pages() == [])
    }

    @Test func interruptedRequestIsNoFailure() async throws {
        let control = Lock<JobControl?>(nil)
        let wiki = try ScriptedWiki(ScriptedWiki.pages(3)) { request, _ in
            guard request["generator"] != nil else { return nil }
            control.withLock { $0 }?.interrupt()
            // For longer than it takes to break the request off.
            block(milliseconds: 1000)
            return nil
        }
        let bench = try await Bench(url: wiki.url)
        let context = try await bench.lease(try await bench.job())
        control.withLock { $0 = context.control }
        let result = Lock<JobResult?>(nil)
        let work = Task {
            do {
                _ = try await ModulesWork().run(context)
            } catch {
                let told = JobResult(error, lease: .held, site: .site("test"), wiki: "testwiki")
                result.withLock { $0 = told }
            }
        }
        context.control.attach(work)
        await work.value
        #expect(result.withLock { $0 }?.isReleased(wait: .zero, resource: nil) == true)
    }
}
