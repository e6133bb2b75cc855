import Foundation
import Jobs
import MariaDB
import Protocol
import Testing

@testable import CLI

@Suite struct ProgressViewTests {
    static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    func at(_ seconds: Double) -> Timestamp { Self.start.advanced(by: .seconds(seconds)) }

    func sample(
        _ seconds: Double,
        done: Int = 0,
        of jobs: Int = 100,
        items: UInt64 = 0,
        expected: UInt64 = 0,
        unsized: Int = 0
    ) -> ProgressSample {
        let states: [JobState: Int] = done == jobs ? [.done: jobs] : [.done: done, .leased: 1, .ready: jobs - done - 1]
        let kind = KindProgress(
            kind: .modules,
            jobs: states,
            itemsDone: items,
            itemsExpected: expected,
            unsizedJobs: unsized
        )
        return ProgressSample(
            at: at(seconds),
            runs: [
                RunProgress(
                    id: RunID(rawValue: 7),
                    state: done == jobs ? "done" : "active",
                    createdAt: Self.start,
                    finishedAt: done == jobs ? at(seconds) : nil,
                    kinds: [kind]
                )
            ]
        )
    }

    @Test func nothingIsKnownOfAFewJobs() throws {
        var view = ProgressView()
        #expect(view.logLines == ["no run is under way"])
        view.add(sample(10, done: 3, items: 500, expected: 1000))
        let pace = try #require(view.paces.first)
        #expect(pace.timeLeft == nil)
        #expect(pace.itemRate == nil)
        #expect(pace.fraction == 0.5)
        #expect(
            view.logLines == ["run 7 active modules: 3/100 jobs, 50.0 %, 500 items, ETA unknown, 1 leased, 96 ready"]
        )
    }

    @Test func oneSampleTellsTheAverageOfTheRun() throws {
        var view = ProgressView()
        view.add(sample(10, done: 16, items: 500, expected: 1000))
        let pace = try #require(view.paces.first)
        #expect(pace.itemRate == 50)
        // 10 s, give or take a quarter.
        let left = try #require(pace.timeLeft)
        #expect(abs(left.least.inSeconds - 8) < 0.001)
        #expect(abs(try #require(left.most).inSeconds - 40 / 3) < 0.001)
        #expect(
            view.logLines == [
                "run 7 active modules: 16/100 jobs, 50.0 %, 500 items, 50.0/s, ETA 8-14 s, 1 leased, 83 ready"
            ]
        )
    }

    @Test func anEvenPaceHasANarrowRange() throws {
        var view = ProgressView()
        for second in 0...60 {
            view.add(sample(Double(second), done: second, items: UInt64(second * 10), expected: 3000))
        }
        let pace = try #require(view.paces.first)
        #expect(abs(try #require(pace.itemRate) - 10) < 0.001)
        let left = try #require(pace.timeLeft)
        // 2400 items at 10 a second.
        #expect(abs(left.least.inSeconds - 240) < 1)
        #expect(abs(try #require(left.most).inSeconds - 240) < 1)
    }

    @Test func anUnevenPaceHasAWideRange() throws {
        var view = ProgressView()
        // 20 a second in every other ten seconds, else none.
        var items: UInt64 = 0
        for second in 0...60 {
            if second / 10 % 2 == 0 { items += 20 }
            view.add(sample(Double(second), done: 10, items: items, expected: 10_000))
        }
        let pace = try #require(view.paces.first)
        let left = try #require(pace.timeLeft)
        let even = (10_000 - Double(items)) / (try #require(pace.itemRate))
        #expect(left.least.inSeconds < even * 0.7)
        #expect(left.most.map { $0.inSeconds > even * 1.5 } ?? true)
    }

    @Test func withoutSizesJobsAreCounted() throws {
        var view = ProgressView()
        for second in 0...30 {
            view.add(sample(Double(second), done: second, items: UInt64(second * 7), expected: 500, unsized: 3))
        }
        let pace = try #require(view.paces.first)
        #expect(pace.fraction == 0.3)
        #expect(abs(try #require(pace.timeLeft).least.inSeconds - 70) < 1)
    }

    @Test func aStandstillHasNoEnd() throws {
        var view = ProgressView()
        for second in 0...30 { view.add(sample(Double(second), done: 10, items: 100, expected: 1000)) }
        let pace = try #require(view.paces.first)
        #expect(pace.itemRate == 0)
        #expect(pace.timeLeft == nil)
    }

    @Test func theOldPaceIsForgotten() throws {
        var view = ProgressView()
        // 100 a second for ten minutes, then 1 a second for ten minutes.
        for second in stride(from: 0, through: 1200, by: 2) {
            let items = second <= 600 ? second * 100 : 60_000 + second - 600
            view.add(sample(Double(second), done: 1, items: UInt64(items), expected: 100_000))
        }
        #expect(abs(try #require(view.paces.first?.itemRate) - 1) < 0.01)
    }

    @Test func aRunThatEndedIsWhole() throws {
        var view = ProgressView()
        for second in 0...4 { view.add(sample(Double(second), done: second, items: UInt64(second), expected: 900)) }
        view.add(sample(90, done: 100, items: 880, expected: 900))
        let pace = try #require(view.paces.first)
        #expect(pace.fraction == 1)
        #expect(pace.timeLeft == nil)
        #expect(view.logLines == ["run 7 done modules: 100/100 jobs, 100.0 %, 880 items"])
    }

    func status() -> LiveStatus {
        var status = WireStatus()
        status.uptimeMilliseconds = 120_000
        for (name, leases) in [("w1", 3), ("w2", 1)] {
            var worker = WireWorkerStatus()
            worker.name = name
            worker.slots = 4
            worker.leases = UInt32(leases)
            status.workers.append(worker)
        }
        var resource = WireResourceStatus()
        resource.name = "site:wikimedia"
        resource.heldBackMilliseconds = 42_000
        resource.reason = "HTTP 429\u{1B}[2J"
        status.resources = [resource, WireResourceStatus()]
        return .answered(status, term: 5)
    }

    @Test func picture() {
        var view = ProgressView()
        for second in 0...60 {
            view.add(sample(Double(second), done: second, items: UInt64(second * 50), expected: 12_000))
        }
        view.live = status()
        let lines = view.picture(TerminalStyle(width: 120, height: 40, isColoured: false))
        #expect(
            lines == [
                "run 7  active for 60 s",
                "  modules  ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  25.0 %  60/100 jobs  3,000 items  50.0/s  ETA 3 min",
                "           1 leased, 39 ready",
                "workers 2, slots 4/8  coordinator up 2 min, term 5",
                "held back for 42 s: site:wikimedia (HTTP 429\\x1b[2J)",
                "as of 2027-01-15 08:01:00Z",
            ]
        )
    }

    @Test(arguments: [120, 80, 60, 40, 20, 1], [50, 5, 2, 1])
    func pictureFits(width: Int, height: Int) {
        var view = ProgressView()
        for second in 0...60 {
            view.add(sample(Double(second), done: second, items: UInt64(second * 50), expected: 12_000))
        }
        view.live = status()
        let lines = view.picture(TerminalStyle(width: width, height: height, isColoured: false))
        #expect(lines.count <= max(1, height - 1))
        #expect(lines.allSatisfy { DisplayText.width($0) <= width })
    }

    @Test func theCoordinatorMayBeAway() {
        var view = ProgressView()
        view.live = .unreachable("no coordinator reached at tls+tcp://h:1:\nrefused")
        #expect(view.logLines == ["no run is under way", "coordinator not reached"])
        #expect(
            view.picture(TerminalStyle(width: 200, height: 9, isColoured: false)) == [
                "no run is under way",
                "coordinator not reached, this is from the tables: no coordinator reached at tls+tcp://h:1:\\nrefused",
            ]
        )
    }

    @Test func documentForPrograms() throws {
        var view = ProgressView()
        view.add(sample(10, done: 3, items: 500, expected: 1000))
        view.live = status()
        let bytes = view.document.written(.jsonl, style: .plain)
        #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let runs = try #require(json["runs"] as? [[String: Any]])
        #expect(runs.first?["jobs_ready"] as? Int == 96)
        #expect(runs.first?["items_per_second"] is NSNull)
        #expect((json["workers"] as? [[String: Any]])?.count == 2)
        #expect((json["resources"] as? [[String: Any]])?.first?["held_back_seconds"] as? Double == 42)
        #expect(json["term"] as? Int == 5)
    }

    @Test(arguments: [
        (0.0, "0 s"), (0.2, "1 s"), (99, "99 s"), (100, "2 min"), (3600, "60 min"), (6000, "1 h 40 min"), (7200, "2 h"),
        (200_000, "2 d 7 h"),
    ])
    func durations(seconds: Double, expected: String) {
        #expect(Duration.seconds(seconds).spoken == expected)
    }

    @Test func ranges() {
        #expect(TimeLeft(least: .seconds(720), most: .seconds(1620)).description == "12-27 min")
        #expect(TimeLeft(least: .seconds(720), most: .seconds(721)).description == "12 min")
        #expect(TimeLeft(least: .seconds(50), most: .seconds(180)).description == "50 s - 3 min")
        #expect(TimeLeft(least: .seconds(180), most: nil).description == "over 3 min")
    }

    @Test func drawingGoesBackToWhereItBegan() {
        var drawing = Drawing()
        let style = TerminalStyle(width: 80, height: 24, isColoured: true)
        #expect(String(decoding: drawing.draw(["a", "b"], style), as: UTF8.self) == "a\u{1B}[K\nb\u{1B}[K\n\u{1B}[J")
        #expect(String(decoding: drawing.draw(["c"], style), as: UTF8.self) == "\u{1B}[2A\rc\u{1B}[K\n\u{1B}[J")
        #expect(String(decoding: drawing.draw(["d"], style), as: UTF8.self) == "\u{1B}[1A\rd\u{1B}[K\n\u{1B}[J")
        let narrower = TerminalStyle(width: 40, height: 24, isColoured: true)
        #expect(
            String(decoding: drawing.draw(["e"], narrower), as: UTF8.self) == "\u{1B}[2J\u{1B}[He\u{1B}[K\n\u{1B}[J"
        )
        #expect(String(decoding: drawing.end, as: UTF8.self) == "\u{1B}[?25h")
    }
}
