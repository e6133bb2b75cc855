import Foundation
import MediaWiki
import Testing
import WikiSimulator

/// Each fault, byte by byte, and as Perigee's own client sees it.
@Suite(.timeLimit(.minutes(3))) struct FaultTests {
    private static let query = "action=query&meta=siteinfo&siprop=general%7Cnamespaces&maxlag=5"

    /// What comes on the wire for a question that meets a fault, and for the same without it.
    private func wire(
        _ fault: Fault,
        limit: Int = .max,
        more: String = "Connection: close\r\n",
        _ check: (RawAnswer, RawAnswer) throws -> Void
    ) async throws {
        var settings = SimulatorSettings()
        // The time is in the answer.
        settings.clock = { 1_795_000_000_000 }
        try await Simulation.with(settings) { simulation in
            let right = try await simulation.raw(simulation.path(0, Self.query), more: more)
            simulation.simulator.setFaults([FaultRule(fault)])
            let wrong = try await simulation.raw(simulation.path(0, Self.query), limit: limit, more: more)
            try check(wrong, right)
            #expect(simulation.simulator.requests().last?.fault == fault.name)
        }
    }

    private func text(_ answer: RawAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    private func code(_ answer: RawAnswer) throws -> String? {
        let json = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return (json?["error"] as? [String: Any])?["code"] as? String
    }

    @Test func tooManyRequests() async throws {
        for seconds in [7, nil] {
            try await wire(.tooManyRequests(retryAfter: seconds)) { wrong, _ in
                #expect(wrong.status == "HTTP/1.1 429 Too Many Requests")
                #expect(wrong.header("Retry-After") == seconds.map { "\($0)" })
                #expect(wrong.header("Content-Type") == "text/plain")
                #expect(text(wrong).hasPrefix("You are making too many requests to the API."))
                #expect(wrong.header("Content-Length") == "\(wrong.body.count)")
            }
        }
    }

    @Test func errorsOfTheAPI() async throws {
        try await wire(.maxlag(seconds: 7.5)) { wrong, _ in
            #expect(wrong.status == "HTTP/1.1 200 OK")
            #expect(wrong.header("Retry-After") == "5")
            #expect(wrong.header("X-Database-Lag") == "7")
            #expect(wrong.header("MediaWiki-API-Error") == "maxlag")
            let code = try code(wrong)
            #expect(code == "maxlag")
            #expect(text(wrong).contains("\"lag\":7.5,"))
        }
        let others: [(Fault, String)] = [
            (.rateLimited, "ratelimited"), (.readOnly, "readonly"), (.badContinue, "badcontinue"),
            (.apiError(code: "internal_api_error_DBQueryError"), "internal_api_error_DBQueryError"),
        ]
        for (fault, name) in others {
            try await wire(fault) { wrong, _ in
                #expect(wrong.status == "HTTP/1.1 200 OK")
                #expect(wrong.header("MediaWiki-API-Error") == name)
                let code = try code(wrong)
                #expect(code == name)
            }
        }
    }

    @Test func pagesOfHTML() async throws {
        try await wire(.httpError(status: 503, retryAfter: 9)) { wrong, _ in
            #expect(wrong.status == "HTTP/1.1 503 Service Unavailable")
            #expect(wrong.header("Retry-After") == "9")
            #expect(text(wrong).hasPrefix("<!DOCTYPE html>"))
        }
        try await wire(.captivePortal) { wrong, _ in
            #expect(wrong.status == "HTTP/1.1 200 OK")
            #expect(text(wrong).hasPrefix("<!DOCTYPE html>"))
        }
        try await wire(.wrongContentType) { wrong, right in
            #expect(wrong.header("Content-Type") == "text/html; charset=UTF-8")
            #expect(wrong.body.count == right.body.count)
        }
    }

    @Test func brokenConnections() async throws {
        try await wire(.resetAfter(bytes: 1234)) { wrong, right in
            #expect(wrong.ending == .reset)
            #expect(wrong.body.count == 1234)
            #expect(right.body.starts(with: wrong.body))
            #expect(wrong.header("Content-Length") == "\(right.body.count)")
        }
        try await wire(.cutAfter(bytes: 77)) { wrong, right in
            #expect(wrong.ending == .closed)
            #expect(wrong.body == Array(right.body.prefix(77)))
            #expect(wrong.header("Content-Length") == "\(right.body.count)")
        }
        try await wire(.close) { wrong, _ in
            #expect(wrong.ending == .closed)
            #expect(wrong.bytes.isEmpty)
        }
        try await wire(.reset) { wrong, _ in
            #expect(wrong.ending == .reset)
            #expect(wrong.bytes.isEmpty)
        }
        try await wire(.silence(seconds: 0.3)) { wrong, _ in
            #expect(wrong.bytes.isEmpty)
            #expect(wrong.duration >= .milliseconds(300))
        }
    }

    @Test func brokenBodies() async throws {
        try await wire(.truncatedGzip) { wrong, right in
            #expect(wrong.header("Content-Encoding") == "gzip")
            #expect(wrong.body.starts(with: [0x1f, 0x8b]))
            #expect(wrong.header("Content-Length") == "\(wrong.body.count)")
            #expect(wrong.body.count < right.body.count / 2)
        }
        try await wire(.halfJSON) { wrong, right in
            #expect(wrong.body == Array(right.body.prefix(right.body.count / 2)))
            #expect(wrong.header("Content-Length") == "\(wrong.body.count)")
        }
        try await wire(.garbage) { wrong, _ in
            #expect(wrong.header("Content-Type") == "application/json; charset=utf-8")
            #expect(wrong.body.count == 201)
            #expect((try? JSONSerialization.jsonObject(with: Data(wrong.body))) == nil)
        }
        try await wire(.oversized(bytes: 3_000_000)) { wrong, _ in
            #expect(wrong.body.count == 3_000_000)
        }
    }

    @Test func slowBodies() async throws {
        try await wire(.endless(bytesPerSecond: 1000), limit: 700) { wrong, _ in
            #expect(wrong.ending == .limit)
            #expect(wrong.header("Content-Length") == nil)
            #expect(wrong.duration > .milliseconds(200))
        }
        try await wire(.slow(bytesPerSecond: 4000)) { wrong, right in
            #expect(wrong.ending == .closed)
            #expect(wrong.body.count == right.body.count)
            #expect(wrong.duration > .milliseconds(100))
        }
    }

    @Test func redirects() async throws {
        try await Simulation.with { simulation in
            let path = simulation.path(0, Self.query)
            simulation.simulator.setFaults([FaultRule(.redirectLoop)])
            let loop = try await simulation.raw(path)
            #expect(loop.status == "HTTP/1.1 302 Found")
            #expect(loop.header("Location") == path)
            simulation.simulator.setFaults([FaultRule(.redirectElsewhere(url: "http://example.org/w"))])
            #expect(try await simulation.raw(path).header("Location") == "http://example.org/w")
        }
    }

    /// What Perigee's client makes of each.
    @Test func asPerigeeSeesThem() async throws {
        let cases: [(Fault, @Sendable (APIError.Kind) -> Bool, APIError.Recovery)] = [
            (.tooManyRequests(retryAfter: 5), { $0 == .rateLimited }, .holdBack),
            (.tooManyRequests(retryAfter: nil), { $0 == .rateLimited }, .holdBack),
            (.maxlag(seconds: 6), { $0 == .maxlag(seconds: 6) }, .holdBack),
            (.rateLimited, { $0 == .rateLimited }, .holdBack),
            (.readOnly, { $0 == .readOnly }, .holdBack),
            (.httpError(status: 500, retryAfter: nil), { $0 == .httpStatus(500) }, .retry),
            (.httpError(status: 503, retryAfter: nil), { $0 == .httpStatus(503) }, .holdBack),
            (.httpError(status: 502, retryAfter: 30), { $0 == .httpStatus(502) }, .holdBack),
            (.resetAfter(bytes: 100), { $0.isTransport }, .retry),
            (.cutAfter(bytes: 100), { $0.isTransport }, .retry),
            (.truncatedGzip, { $0.isTransport || $0 == .brokenJSON }, .retry),
            (.halfJSON, { $0 == .brokenJSON }, .retry),
            (.garbage, { $0 == .brokenJSON }, .retry),
            (.foreignJSON, { $0 == .unexpectedAnswer }, .retry),
            (.close, { $0.isTransport }, .retry),
            (.reset, { $0.isTransport }, .retry),
            (.redirectLoop, { $0.isTransport }, .permanent),
            (.redirectElsewhere(url: "http://other.invalid/"), { $0.isTransport }, .permanent),
            (.badContinue, { $0 == .badContinue }, .permanent),
            (.oversized(bytes: 70 << 20), { $0.isTransport }, .permanent),
        ]
        try await Simulation.with { simulation in
            for (fault, isRight, recovery) in cases {
                simulation.simulator.setFaults([FaultRule(fault)])
                let error = await #expect(throws: APIError.self, "\(fault)") {
                    try await simulation.api().siteInfo()
                }
                #expect(error.map { isRight($0.kind) } == true, "\(fault): \(error.debugDescription)")
                #expect(error?.recovery == recovery, "\(fault)")
            }
            simulation.simulator.setFaults([FaultRule(.wrongContentType)])
            _ = try await simulation.api().siteInfo()
            simulation.simulator.setFaults([FaultRule(.repeatedContinue)])
            await #expect(throws: APIError.self) { try await simulation.walk(0) }
        }
    }

    // MARK: Rules

    @Test func rulesChooseRequests() async throws {
        var settings = SimulatorSettings()
        settings.faults = [
            FaultRule(.readOnly, wikis: .these([1]), kinds: [.siteinfo], from: 2, to: 3),
            FaultRule(.rateLimited, wikis: .every(10, offset: 2)),
        ]
        try await Simulation.with(settings) { simulation in
            var kinds: [APIError.Kind?] = []
            for wiki in [1, 1, 1, 1, 2, 12, 3] {
                do {
                    _ = try await simulation.api(wiki).siteInfo()
                    kinds.append(nil)
                } catch let error as APIError {
                    kinds.append(error.kind)
                }
            }
            #expect(kinds == [nil, .readOnly, .readOnly, nil, .rateLimited, .rateLimited, nil])
            _ = try await simulation.api(1).moduleList()
        }
    }

    @Test func chanceFollowsFromTheSeed() async throws {
        func faults(_ seed: UInt64) async throws -> [Bool] {
            var settings = SimulatorSettings(.small, seed: seed)
            settings.faults = [FaultRule(.readOnly, probability: 0.3)]
            var met: [Bool] = []
            try await Simulation.with(settings) { simulation in
                for number in 0..<60 { _ = try? await simulation.api(number % 3).siteInfo() }
                met = simulation.simulator.requests().map { $0.fault != nil }
            }
            return met
        }
        let first = try await faults(1)
        #expect(try await faults(1) == first)
        #expect(try await faults(2) != first)
        #expect((8...30).contains(first.count { $0 }))
    }

    @Test func rulesAreJSON() throws {
        let rules = [
            FaultRule(.tooManyRequests(retryAfter: nil), wikis: .these([1]), kinds: [.list], from: 3, probability: 0.5),
            FaultRule(.garbage), FaultRule(.latency(milliseconds: 100), wikis: .every(2, offset: 0)),
        ]
        let json = try JSONEncoder().encode(rules)
        #expect(try JSONDecoder().decode([FaultRule].self, from: json) == rules)
        let written = #"[{"fault": {"garbage": {}}}, {"fault": {"resetAfter": {"bytes": 9}}, "kinds": ["content"]}]"#
        #expect(
            try JSONDecoder().decode([FaultRule].self, from: Data(written.utf8))
                == [FaultRule(.garbage), FaultRule(.resetAfter(bytes: 9), kinds: [.content])]
        )
    }
}

extension APIError.Kind {
    fileprivate var isTransport: Bool { if case .transport = self { true } else { false } }
}
