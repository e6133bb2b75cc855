import Concurrency
import Foundation
import HTTPFetch
import Testing
import WikiSimulator

/// Recent changes, the log, and the stream of events.
@Suite(.timeLimit(.minutes(2))) struct ChangesTests {
    /// A clock that goes on only when it is told.
    private static func settings(_ clock: Lock<Int64>) -> SimulatorSettings {
        var settings = SimulatorSettings(.small, seed: 4)
        settings.clock = { clock.withLock { $0 } }
        return settings
    }

    private static let start: Int64 = 1_795_000_000_000

    private func entries(_ answer: [String: any Sendable], _ name: String) -> [[String: Any]] {
        ((answer["query"] as? [String: Any])?[name] as? [[String: Any]]) ?? []
    }

    private func continuation(_ answer: [String: any Sendable], _ name: String) -> String? {
        ((answer["continue"] as? [String: Any])?[name] as? String)?.replacing("|", with: "%7C")
    }

    @Test func windowsOverlapWithoutGaps() async throws {
        let clock = Lock(Self.start)
        try await Simulation.with(Self.settings(clock)) { simulation in
            var done: [Change] = []
            for _ in 0..<300 {
                clock.withLock { $0 += 700 }
                done += simulation.simulator.edit(count: 1, actions: EditAction.allCases, wikis: [0])
            }
            let query =
                "action=query&list=recentchanges&rcdir=newer&rcprop=ids%7Ctimestamp%7Ctitle%7Cloginfo&rclimit=40"
            var seen: [Int64] = []
            var window = Self.start / 1000
            while window < Self.start / 1000 + 220 {
                var more = ""
                repeat {
                    let answer = try await simulation.ask(
                        0,
                        "\(query)&rcstart=\(window)&rcend=\(window + 60)\(more)"
                    )
                    seen += entries(answer, "recentchanges").compactMap { ($0["rcid"] as? NSNumber)?.int64Value }
                    let next = continuation(answer, "rccontinue")
                    more = next.map { "&rccontinue=\($0)&continue=-%7C%7C" } ?? ""
                } while !more.isEmpty
                window += 30
            }
            #expect(Set(seen) == Set(done.map(\.changeID)))
            #expect(seen.count > done.count)
            // Moves into the namespace are logged where the pages came from.
            let inside = try await simulation.ask(0, "\(query)&rcnamespace=828&rclimit=max")
            let ids = Set(entries(inside, "recentchanges").compactMap { ($0["rcid"] as? NSNumber)?.int64Value })
            #expect(ids == Set(done.filter { $0.namespace == 828 }.map(\.changeID)))
            #expect(done.contains { $0.action == .moveIn && $0.namespace == 2 && $0.targetNamespace == 828 })
        }
    }

    @Test func oldChangesAreForgotten() async throws {
        let clock = Lock(Self.start)
        var settings = Self.settings(clock)
        settings.retention.recentChanges = .seconds(3600)
        try await Simulation.with(settings) { simulation in
            simulation.simulator.edit(count: 5, wikis: [0])
            let query = "action=query&list=recentchanges&rclimit=max"
            let fresh = try await simulation.ask(0, query)
            #expect(entries(fresh, "recentchanges").count == 5)
            clock.withLock { $0 += 3_601_000 }
            let old = try await simulation.ask(0, query)
            #expect(entries(old, "recentchanges").isEmpty)
        }
    }

    @Test func logOfDeletionsAndMoves() async throws {
        try await Simulation.with { simulation in
            let actions: [EditAction] = [.delete, .restore, .move, .suppress]
            let done = simulation.simulator.edit(count: 80, actions: actions, wikis: [0])
            var seen: [Int64] = []
            var more = ""
            repeat {
                let answer = try await simulation.ask(
                    0,
                    "action=query&list=logevents&letype=delete&lelimit=7\(more)"
                )
                for entry in entries(answer, "logevents") {
                    #expect(entry["type"] as? String == "delete")
                    seen.append((entry["logid"] as? NSNumber)?.int64Value ?? 0)
                }
                more = continuation(answer, "lecontinue").map { "&lecontinue=\($0)&continue=-%7C%7C" } ?? ""
            } while !more.isEmpty
            let expected = done.filter { [.delete, .restore, .revision].contains($0.kind) }.map(\.logID)
            #expect(seen == expected.sorted(by: >))
            #expect(Set(done.map(\.kind)).isSuperset(of: [.delete, .restore, .move, .revision]))
        }
    }

    // MARK: The stream

    private struct Event {
        var id = ""
        var data: [String: Any] = [:]
        var change: Int { ((data["meta"] as? [String: Any])?["offset"] as? NSNumber)?.intValue ?? -1 }
        var isCanary: Bool { (data["meta"] as? [String: Any])?["domain"] as? String == "canary" }
    }

    /// The events that come until there are so many, those that stand for nothing left out.
    private func events(_ simulation: Simulation, count: Int, _ query: String = "", id: String? = nil) async throws
        -> [Event]
    {
        let stream = try await simulation.client.stream(
            HTTPRequest(
                url: "http://127.0.0.1:\(simulation.simulator.port)/v2/stream/recentchange\(query)",
                headers: id.map { [HTTPHeaders.Field("Last-Event-ID", $0)] } ?? []
            )
        )
        #expect(stream.head.headers["Content-Type"] == "text/event-stream; charset=utf-8")
        var text = ""
        var events: [Event] = []
        for try await piece in stream {
            text += String(decoding: piece, as: UTF8.self)
            while let end = text.firstRange(of: "\n\n") {
                var event = Event()
                for line in text[..<end.lowerBound].split(separator: "\n") {
                    if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                    guard line.hasPrefix("data: ") else { continue }
                    let json = try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8))
                    event.data = json as? [String: Any] ?? [:]
                }
                text = String(text[end.upperBound...])
                if !event.id.isEmpty, !event.isCanary { events.append(event) }
            }
            if events.count >= count { break }
        }
        return Array(events.prefix(count))
    }

    @Test func streamGoesOnWhereItWasLeft() async throws {
        let clock = Lock(Self.start)
        try await Simulation.with(Self.settings(clock)) { simulation in
            func edit(_ count: Int) -> [Change] {
                (0..<count).flatMap { _ in
                    clock.withLock { $0 += 3 }
                    return simulation.simulator.edit(count: 1)
                }
            }
            let done = edit(120)
            let since = "?since=2020-01-01T00:00:00Z"
            let first = try await events(simulation, count: 70, since)
            #expect(first.map(\.change) == Array(0..<70))
            let id = try #require(first.last?.id)
            #expect(id.contains("\"timestamp\":\(done[69].time + 1)"))
            let rest = try await events(simulation, count: 50, id: id)
            #expect(rest.map(\.change) == Array(70..<120))
            let later = try await events(simulation, count: 20, "?since=\(done[100].time)")
            #expect(later.map(\.change) == Array(100..<120))

            let move = try #require(done.last { $0.action == .moveIn })
            let all = try await events(simulation, count: 120, since)
            let event = all[move.offset].data
            #expect(event["type"] as? String == "log")
            #expect(event["log_type"] as? String == "move")
            #expect((event["namespace"] as? NSNumber)?.intValue == 2)
            #expect(event["wiki"] as? String == simulation.wiki(move.wiki).dbname)
            let change = try #require(done.last { $0.kind == .edit })
            let revision = all[change.offset].data["revision"] as? [String: Any]
            #expect((revision?["new"] as? NSNumber)?.int64Value == change.revisionID)
            #expect((revision?["old"] as? NSNumber)?.int64Value == change.oldRevisionID)
        }
    }

    @Test func streamBringsWhatHappensNow() async throws {
        try await Simulation.with { simulation in
            simulation.simulator.edit(count: 5)
            async let coming = events(simulation, count: 3, "?since=2020-01-01T00:00:00Z")
            let seen = try await coming.map(\.change)
            #expect(seen == [0, 1, 2])
            let last = Lock(false)
            async let live = events(simulation, count: 2)
            // It starts at now, whenever that is: edits go on until both have come.
            async let editing: Void = {
                while !last.withLock({ $0 }) {
                    simulation.simulator.edit(count: 1)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }()
            let two = try await live.map(\.change)
            last.withLock { $0 = true }
            try await editing
            #expect(two.count == 2 && two[0] >= 5 && two[1] == two[0] + 1)
        }
    }
}
