import Foundation
import HTTPFetch
import MediaWiki
import WikiSimulator

/// A simulator for one test, with a real client.
struct Simulation {
    let simulator: WikiSimulator
    let client: HTTPClient

    /// Runs `body` with a simulator of its own.
    static func with(
        _ settings: SimulatorSettings = SimulatorSettings(),
        _ body: (Simulation) async throws -> Void
    ) async throws {
        let simulation = Simulation(
            simulator: try await WikiSimulator.start(settings),
            client: try HTTPClient(HTTPClientSettings(userAgent: "Test/1 (test@example.org) \(HTTPClient.library)"))
        )
        do {
            try await body(simulation)
        } catch {
            try await simulation.simulator.stop()
            throw error
        }
        try await simulation.simulator.stop()
    }

    func wiki(_ index: Int) -> SimulatedWiki { simulator.family[index] }

    /// The API of a wiki, as Perigee asks it.
    func api(_ index: Int = 0, credentials: WikiCredentials? = nil) throws -> ActionAPI {
        let wiki = wiki(index)
        return ActionAPI(
            client: client,
            wiki: try WikiDescription(
                dbname: wiki.dbname,
                url: simulator.url(of: wiki),
                language: wiki.language.code,
                family: wiki.family
            ),
            credentials: credentials
        )
    }

    /// The answer to any question, as JSON.
    func ask(
        _ index: Int = 0,
        _ query: String,
        headers: [HTTPHeaders.Field] = []
    ) async throws -> [String: any Sendable] {
        let wiki = wiki(index)
        let answer = try await client.fetch(
            HTTPRequest(
                url: "\(simulator.url(of: wiki))/api.php?format=json&formatversion=2&\(query)",
                headers: headers
            )
        )
        return try json(answer.body)
    }

    func json(_ body: [UInt8]) throws -> [String: any Sendable] {
        try JSONSerialization.jsonObject(with: Data(body)) as? [String: any Sendable] ?? [:]
    }

    /// All pages of a wiki's list, as Perigee goes through it.
    func walk(_ index: Int) async throws -> [PageInfo] {
        let api = try api(index)
        var pages: [PageInfo] = []
        var from: String?
        repeat {
            let part = try await api.moduleList(from: from)
            pages += part.pages
            from = part.next
        } while from != nil
        return pages
    }

    /// What came on a connection of its own, until the other end closed it, or there were `limit` bytes.
    func raw(_ target: String, limit: Int = .max, more: String = "Connection: close\r\n") async throws -> RawAnswer {
        let port = simulator.port
        let request = "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(more)\r\n"
        return try await withCheckedThrowingContinuation { continuation in
            // A thread, as the calls block.
            Thread.detachNewThread {
                continuation.resume(with: Result { try RawAnswer(port: port, request: request, limit: limit) })
            }
        }
    }

    /// The path of a wiki's API with a query.
    func path(_ index: Int, _ query: String) -> String {
        "/\(wiki(index).dbname)/api.php?format=json&formatversion=2&\(query)"
    }
}
