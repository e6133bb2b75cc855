import Jobs
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1)))
struct PaceTests {
    private let site = Resource.site("test")
    private let board = HoldBoard(patience: .seconds(5))

    private func pace(_ perMinute: Double?, now: ContinuousClock.Instant = .now) -> Pace {
        Pace([Share(resource: site, perMinute: perMinute)], board: board, now: now)
    }

    /// When a request is sent that is asked for at `now`.
    private func turn(of pace: Pace, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        var now = now
        while true {
            switch pace.turn(at: now) {
            case .now: return now
            case .later(let turn): now = turn
            case .held(_, let hold): now += hold
            }
        }
    }

    @Test func requestsAreSpread() async throws {
        let start = ContinuousClock.now
        let pace = pace(1200)
        for _ in 0..<4 { try await pace.wait() }
        #expect(start.duration(to: .now) >= .milliseconds(200))
    }

    @Test func thoseWhoWaitTogetherHaveTurns() async throws {
        let start = ContinuousClock.now
        let pace = pace(1200)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await pace.wait() } }
            try await group.waitForAll()
        }
        #expect(start.duration(to: .now) >= .milliseconds(200))
    }

    @Test func waitEndsWithTheWork() async {
        let pace = pace(0.001)
        let work = Task { try await pace.wait() }
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
    }

    /// Three leases at a time share 180 requests a minute, by jobs of so many requests, answered in 50 ms each.
    @Test(arguments: [1, 2, 3, 7, 500]) func shortJobsKeepTheRateTogether(_ requestsPerJob: Int) {
        let start = ContinuousClock.now
        var turns: [ContinuousClock.Instant] = []
        for lane in 0..<3 {
            var now = start + .milliseconds(lane * 100)
            while now < start + .seconds(300) {
                let pace = pace(180.0 / 3, now: now)
                for _ in 0..<requestsPerJob {
                    let turn = turn(of: pace, at: now)
                    turns.append(turn)
                    now = turn + .milliseconds(50)
                }
            }
        }
        turns.sort()
        #expect(turns.count >= 3 * 280)
        for (first, turn) in turns.enumerated() {
            let inAMinute = turns[first...].prefix { $0 < turn + .seconds(60) }.count
            guard inAMinute <= 180 else {
                Issue.record("\(inAMinute) requests in one minute")
                return
            }
        }
    }

    @Test func aRequestAfterAPauseHasItsIntervalBehindIt() {
        let start = ContinuousClock.now
        let pace = pace(60, now: start)
        #expect(turn(of: pace, at: start + .seconds(10)) == start + .seconds(10))
        #expect(turn(of: pace, at: start + .seconds(10)) == start + .seconds(11))
    }

    @Test func shareThatGrowsIsUsedAtOnce() {
        let start = ContinuousClock.now
        let pace = pace(60, now: start)
        #expect(turn(of: pace, at: start) == start + .seconds(1))
        pace.take([Share(resource: site, perMinute: 120)])
        #expect(pace.turn(at: start + .seconds(1)) == .later(start + .milliseconds(1500)))
        #expect(pace.inForce.map(\.perMinute) == [120])
    }

    @Test func withoutAShareNothingIsSent() {
        let start = ContinuousClock.now
        let pace = pace(0, now: start)
        for second in 1...100 {
            let now = start + .seconds(second)
            guard case .later(let look) = pace.turn(at: now), look > now else {
                Issue.record("sent at second \(second)")
                return
            }
        }
        pace.take([Share(resource: site, perMinute: 60)])
        #expect(pace.turn(at: start + .seconds(101)) == .now)
    }

    @Test func shortHoldIsWaitedFor() async throws {
        let pace = pace(nil)
        let start = ContinuousClock.now
        board.hold(site, for: .milliseconds(200), reason: "429", isNews: true)
        try await pace.wait()
        #expect(start.duration(to: .now) >= .milliseconds(200))
    }

    @Test func longHoldGivesTheJobBack() async throws {
        let pace = pace(nil)
        pace.take([Share(resource: site, perMinute: nil, hold: .seconds(600))])
        let error = await #expect(throws: HeldBack.self) { try await pace.wait() }
        #expect(error?.resource == site)
        #expect(try #require(error?.wait) > .seconds(590))
        // A later word says that it is over.
        pace.take([Share(resource: site, perMinute: nil)])
        try await pace.wait()
    }

    @Test func holdsConcernTheirResourceOnly() async throws {
        board.hold(.site("other"), for: .seconds(600), reason: "429", isNews: true)
        try await pace(nil).wait()
    }

    @Test func newsAreToldUntilTheyHaveArrived() {
        board.hold(site, for: .seconds(60), reason: "429", isNews: true)
        board.hold(.wiki("aawiki"), for: .seconds(60), reason: "maxlag", isNews: false)
        #expect(board.hasNews)
        let news = board.news(limit: 10)
        #expect(news.map(\.resource) == [site])
        #expect(board.hasNews)
        board.told(news)
        #expect(!board.hasNews)
        #expect(board.news(limit: 10).isEmpty)
        #expect(board.heldUntil(site) != nil)
    }

    @Test func withoutALimitNobodyWaits() async throws {
        // With a wait of any length it would last beyond the time limit.
        let pace = pace(nil)
        for _ in 0..<100_000 { try await pace.wait() }
    }
}
