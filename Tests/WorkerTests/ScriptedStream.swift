import Concurrency
import Foundation
import RawServer

/// A stream of events that says what a test wants, and keeps what it was asked.
final class ScriptedStream: Sendable {
    /// What a connection gets.
    struct Reply: Sendable {
        var status = "200 OK"
        var headers = ["Content-Type: text/event-stream; charset=utf-8"]
        var body: String
        /// Whether it then says nothing more until the reader goes, instead of ending.
        var staysOpen = false
    }

    private struct State {
        var replies: [Reply]
        var ids: [String?] = []
    }

    private let state: Lock<State>
    private let server: RawServer

    /// - Parameter replies: to one connection after the other; the last one to all that follow.
    init(_ replies: [Reply]) throws {
        let state = Lock(State(replies: replies))
        self.state = state
        server = try RawServer { connection in
            guard let request = connection.readRequest() else { return }
            let id = request.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("last-event-id:") }
                .map { String($0.drop { $0 != ":" }.dropFirst(2)) }
            let reply = state.withLock { state in
                state.ids.append(id)
                return state.replies.count > 1 ? state.replies.removeFirst() : state.replies[0]
            }
            let head = ["HTTP/1.1 \(reply.status)", "Connection: close"] + reply.headers
            connection.write(head.joined(separator: "\r\n") + "\r\n\r\n" + reply.body)
            if reply.staysOpen { connection.waitForClose() }
        }
    }

    var url: String { server.url + "/v2/stream/recentchange" }

    /// What each connection wanted to go on from.
    var ids: [String?] { state.withLock { $0.ids } }

    /// An event about a page.
    static func event(
        _ id: Int,
        wiki: String = "testwiki",
        namespace: Int = 828,
        at time: Date = Date(),
        target: String? = nil,
        domain: String = "test"
    ) -> String {
        let log = target.map { #","type":"log","log_type":"move","log_params":{"target":"\#($0)"}"# } ?? ""
        return """
            event: message
            id: \(id)
            data: {"meta":{"id":"event-\(id)","domain":"\(domain)","dt":"\(time.formatted(.iso8601))"},"wiki":"\(wiki)","namespace":\(namespace)\(log)}


            """
    }
}
