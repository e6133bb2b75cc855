import Concurrency
import Foundation
import RawServer

/// A wiki's API that answers rightly, unless its script says otherwise: for what a real wiki can't be made to do.
final class ScriptedWiki: Sendable {
    struct Page: Sendable {
        var id: Int
        var title: String
        var namespace = 828
        var revision = 1
        var text = "return {}"
        var contentModel = "Scribunto"
    }

    struct State: Sendable {
        var pages: [Page] = []
        /// How many pages a part of the list has.
        var listSize = 500
        var wikiID = "testwiki"
        /// The parameters of each request.
        var requests: [[String: String]] = []
        /// Called with each request when its answer is ready.
        var onAnswer: (@Sendable ([String: String]) -> Void)?
    }

    /// An answer other than the right one.
    struct Reply: Sendable {
        var status = "200 OK"
        var headers = ["Content-Type: application/json; charset=utf-8"]
        var body: String

        static func error(_ code: String, headers: [String] = []) -> Reply {
            Reply(
                headers: ["Content-Type: application/json", "MediaWiki-API-Error: \(code)"] + headers,
                body: #"{"error":{"code":"\#(code)","info":"it says \#(code)"}}"#
            )
        }
    }

    /// Called with each request before it is answered. It may change the state; what it returns is the answer.
    typealias Script = @Sendable (_ request: [String: String], _ state: inout State) -> Reply?

    let state: Lock<State>
    private let server: RawServer

    init(_ pages: [Page], listSize: Int = 500, script: @escaping Script = { _, _ in nil }) throws {
        let state = Lock(State(pages: pages, listSize: listSize))
        self.state = state
        server = try RawServer { connection in
            while let request = connection.readRequest() {
                let parameters = Self.parameters(of: request.target)
                let reply = state.withLock { state in
                    state.requests.append(parameters)
                    defer { state.onAnswer?(parameters) }
                    return script(parameters, &state) ?? Self.answer(parameters, state)
                }
                connection.respond(reply.status, headers: reply.headers, body: Array(reply.body.utf8))
            }
        }
    }

    /// What `/api.php` is appended to.
    var url: String { server.url + "/w" }

    var requests: [[String: String]] { state.withLock { $0.requests } }

    /// Pages called Page 0001 and so on, with ids and revisions that go along.
    static func pages(_ count: Int) -> [Page] {
        (1...count).map { number in
            let digits = String(number)
            let name = "Page " + String(repeating: "0", count: 4 - digits.count) + digits
            return Page(id: number, title: name, revision: number, text: "return \(number)")
        }
    }

    private static func parameters(of target: String) -> [String: String] {
        var parameters: [String: String] = [:]
        for field in target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            parameters[parts[0]] = parts.count > 1 ? parts[1].removingPercentEncoding : ""
        }
        return parameters
    }

    // MARK: Right answers

    static var now: String { Date().formatted(.iso8601) }

    private static func answer(_ request: [String: String], _ state: State) -> Reply {
        if request["meta"] == "siteinfo" { return reply(siteInfo(state)) }
        if request["generator"] == "allpages" { return reply(list(request, state)) }
        return reply(pages(request, state))
    }

    static func reply(_ object: [String: Any]) -> Reply {
        let body = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return Reply(body: String(decoding: body, as: UTF8.self))
    }

    private static func siteInfo(_ state: State) -> [String: Any] {
        let general = [
            "wikiid": state.wikiID, "generator": "MediaWiki 1.39", "lang": "en", "case": "first-letter", "time": now,
        ]
        let namespace: [String: Any] = ["id": 828, "name": "Module", "canonical": "Module", "case": "first-letter"]
        return ["batchcomplete": true, "query": ["general": general, "namespaces": ["828": namespace]]]
    }

    private static func list(_ request: [String: String], _ state: State) -> [String: Any] {
        let from = request["gapcontinue"] ?? ""
        let all = state.pages.filter { $0.namespace == 828 && !$0.key.utf8.lexicographicallyPrecedes(from.utf8) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var answer: [String: Any] = [
            "batchcomplete": true, "curtimestamp": now,
            "query": ["pages": all.prefix(state.listSize).map(\.info)],
        ]
        if all.count > state.listSize {
            answer["continue"] = ["gapcontinue": all[state.listSize].key, "continue": "gapcontinue||"]
        }
        return answer
    }

    private static func pages(_ request: [String: String], _ state: State) -> [String: Any] {
        let ids = (request["pageids"] ?? "").split(separator: "|").compactMap { Int($0) }
        let pages = ids.map { id -> [String: Any] in
            guard let page = state.pages.first(where: { $0.id == id }) else { return ["pageid": id, "missing": true] }
            return page.info.merging(["revisions": [page.revisionInfo]]) { _, new in new }
        }
        return ["batchcomplete": true, "curtimestamp": now, "query": ["pages": pages]]
    }
}

extension ScriptedWiki.Page {
    /// The title as `page_title`.
    var key: String { title.replacing(" ", with: "_") }

    var info: [String: Any] {
        [
            "pageid": id, "ns": namespace, "title": (namespace == 828 ? "Module:" : "User:") + title,
            "lastrevid": revision, "length": text.utf8.count, "contentmodel": contentModel,
        ]
    }

    var revisionInfo: [String: Any] {
        [
            "revid": revision, "timestamp": "2026-01-02T03:04:05Z", "size": text.utf8.count,
            "slots": ["main": ["contentmodel": contentModel, "content": text]],
        ]
    }
}
