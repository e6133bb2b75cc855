import Concurrency
import Foundation
import HTTPFetch
import MediaWiki
import RawServer

/// A wiki that answers what it is told, one answer per request, and remembers what it was asked.
final class ReplayServer: Sendable {
    struct Reply: Sendable {
        var status = "200 OK"
        var headers: [String] = ["Content-Type: application/json; charset=utf-8"]
        var body: String

        init(_ body: String, status: String = "200 OK", headers: [String] = []) {
            self.body = body
            self.status = status
            self.headers += headers
        }
    }

    let api: ActionAPI
    private let server: RawServer
    private let asked: Lock<[String]>
    private let heads: Lock<[[String]]>

    /// Answers with `replies` in their order, then with status 500.
    init(_ replies: [Reply], maxlag: Int? = 5, credentials: WikiCredentials? = nil) throws {
        let left = Lock(replies)
        let asked = Lock<[String]>([])
        self.asked = asked
        let heads = Lock<[[String]]>([])
        self.heads = heads
        server = try RawServer { connection in
            while let request = connection.readRequest() {
                asked.withLock { $0.append(request.target) }
                let body = String(decoding: request.body, as: UTF8.self)
                heads.withLock { $0.append(request.head.split(separator: "\r\n").map(String.init) + [body]) }
                let reply = left.withLock {
                    $0.isEmpty ? Reply("no answer left", status: "500 Error") : $0.removeFirst()
                }
                connection.respond(reply.status, headers: reply.headers, body: Array(reply.body.utf8))
            }
        }
        let client = try HTTPClient(HTTPClientSettings(userAgent: "PerigeeTest"))
        let wiki = try WikiDescription(dbname: "testwiki", url: server.url + "/w", language: "en", family: "wikipedia")
        api = ActionAPI(client: client, wiki: wiki, maxlag: maxlag, credentials: credentials)
    }

    convenience init(_ bodies: String...) throws { try self.init(bodies.map { Reply($0) }) }

    /// The header of this name of each request, `nil` where there is none.
    func sent(_ name: String) -> [String?] {
        heads.withLock { $0 }.map { fields in
            fields.first { $0.lowercased().hasPrefix("\(name.lowercased()): ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
    }

    /// The body of each request.
    var bodies: [String] { heads.withLock { $0 }.map { $0.last ?? "" } }

    /// The parameters of each request, decoded.
    var requests: [[String: String]] {
        asked.withLock { $0 }.map { target in
            var parameters: [String: String] = [:]
            for field in target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
                let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                parameters[parts[0]] = parts.count > 1 ? parts[1].removingPercentEncoding : ""
            }
            return parameters
        }
    }
}
