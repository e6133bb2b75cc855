import Concurrency
import FoundationEssentials
import RawServer

/// Wikis that take their time for each answer, and count who asks at the same time. All are on one server; many of their
/// modules have the same source.
final class SlowWikis: Sendable {
    struct Counts: Sendable {
        /// Requests answered so far.
        var answers = 0
        /// The wikis that had a request in flight when another came.
        var crowded: Set<String> = []
        /// Requests in flight by wiki.
        fileprivate var inFlight: [String: Int] = [:]
    }

    private struct Manner: Sendable {
        var delay: Duration
        var listSize: Int
    }

    /// How many wikis there are, and how many modules each has.
    let count: Int
    let modules: Int
    private let manner: Lock<Manner>
    private let counted: Lock<Counts>
    private let server: RawServer

    /// - Parameters:
    ///   - delay: before each answer.
    ///   - listSize: how many modules a part of the list has.
    init(_ count: Int, modules: Int, delay: Duration, listSize: Int) throws {
        self.count = count
        self.modules = modules
        let manner = Lock(Manner(delay: delay, listSize: listSize))
        let counted = Lock(Counts())
        self.manner = manner
        self.counted = counted
        server = try RawServer { connection in
            while let request = connection.readRequest() {
                let wiki = String(request.target.dropFirst().prefix { $0 != "/" })
                counted.withLock { counts in
                    if counts.inFlight[wiki, default: 0] > 0 { counts.crowded.insert(wiki) }
                    counts.inFlight[wiki, default: 0] += 1
                }
                let now = manner.withLock { $0 }
                let body = Self.answer(to: request.target, of: wiki, modules: modules, listSize: now.listSize)
                block(milliseconds: UInt32(now.delay / .milliseconds(1)))
                // Before the answer goes: who gets it may ask at once.
                counted.withLock { counts in
                    counts.inFlight[wiki, default: 0] -= 1
                    counts.answers += 1
                }
                connection.respond(headers: ["Content-Type: application/json"], body: Array(body.utf8))
            }
        }
    }

    var counts: Counts { counted.withLock { $0 } }

    /// Has answers take so long from now on.
    func answer(after delay: Duration) { manner.withLock { $0.delay = delay } }

    /// Has all answers come at once from now on, and the list of modules in one part.
    func hurry() { manner.withLock { $0 = Manner(delay: .zero, listSize: 500) } }

    /// The list of wikis, in the form of `wikis sync --from FILE`.
    var list: String {
        let lines = (0..<count).map { number in
            "w\(number)wiki\t\(server.url)/w\(number)wiki\ten\twikipedia\t0\n"
        }
        return "dbname\turl\tlang\tfamily\tclosed\n" + lines.joined()
    }

    // MARK: Answers

    private static func answer(to target: String, of wiki: String, modules: Int, listSize: Int) -> String {
        let now = Date().formatted(.iso8601)
        if target.contains("meta=siteinfo") {
            return """
                {"batchcomplete":true,"query":{"general":{"wikiid":"\(wiki)","generator":"MediaWiki 1.39","lang":"en",\
                "case":"first-letter","time":"\(now)"},"namespaces":{"828":{"id":828,"name":"Module","canonical":"Module",\
                "case":"first-letter"}}}}
                """
        }
        let start = #"{"batchcomplete":true,"curtimestamp":"\#(now)","query":{"pages":["#
        if target.contains("generator=allpages") {
            let first = parameter("gapcontinue", of: target).flatMap { Int($0.filter(\.isNumber)) } ?? 1000
            let end = min(first + listSize, 1000 + modules)
            let pages = (first..<max(first, end)).map { "{\(facts(of: $0, on: wiki))}" }.joined(separator: ",")
            let rest = end < 1000 + modules ? #","continue":{"gapcontinue":"M\#(end)","continue":"gapcontinue||"}"# : ""
            return start + pages + "]}" + rest + "}"
        }
        let ids = (parameter("pageids", of: target) ?? "").replacing("%7C", with: "|").split(separator: "|")
            .compactMap { Int($0) }
        let pages = ids.map { id in
            """
            {\(facts(of: id, on: wiki)),"revisions":[{"revid":\(id),"timestamp":"2026-01-02T03:04:05Z",\
            "size":\(text(id, wiki).utf8.count),"slots":{"main":{"contentmodel":"Scribunto","content":"\(text(id, wiki))"}}}]}
            """
        }
        return start + pages.joined(separator: ",") + "]}}"
    }

    /// Ids begin with 1000, so that they are in the order of the titles.
    private static func facts(of id: Int, on wiki: String) -> String {
        """
        "pageid":\(id),"ns":828,"title":"Module:M\(id)","lastrevid":\(id),"length":\(text(id, wiki).utf8.count),\
        "contentmodel":"Scribunto"
        """
    }

    /// Every second module is the same on all wikis.
    private static func text(_ id: Int, _ wiki: String) -> String {
        id % 2 == 0 ? "return \(id)" : "return \(id) -- \(wiki)"
    }

    private static func parameter(_ name: String, of target: String) -> Substring? {
        target.split { $0 == "?" || $0 == "&" }.first { $0.hasPrefix("\(name)=") }?.dropFirst(name.count + 1)
    }
}
