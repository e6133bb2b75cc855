import Jobs
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1)))
struct JobControlTests {
    private func control(leaseTime: Duration) -> JobControl {
        JobControl(
            lease: Lease(job: JobID(rawValue: 1), attempt: 1, id: .random()),
            leaseEnds: .now + leaseTime
        )
    }

    /// Goes on until it is cancelled.
    private func work() -> Task<Void, Never> { Task { try? await Task.sleep(for: .seconds(3600)) } }

    @Test func lostLeaseEndsTheWork() async {
        let control = control(leaseTime: .seconds(60))
        let work = work()
        control.attach(work)
        #expect(!control.isLost)
        control.lose()
        await work.value
        #expect(control.isLost)
        // A heartbeat that was under way doesn't bring it back.
        control.renew(until: .now + .seconds(120))
        #expect(control.isLost)
    }

    @Test func workThatComesTooLateIsCancelled() async {
        let control = control(leaseTime: .seconds(60))
        control.lose()
        let work = work()
        control.attach(work)
        await work.value
    }

    @Test func leaseEndsByItself() {
        let control = control(leaseTime: .zero)
        #expect(control.standing == .expired)
        control.renew(until: .now + .seconds(60))
        #expect(control.standing == .held)
        control.expireIfDue()
        #expect(control.standing == .held)
    }

    @Test func leaseThatWasDroppedDoesNotComeBack() async {
        let control = control(leaseTime: .zero)
        let work = work()
        control.attach(work)
        control.expireIfDue()
        await work.value
        control.renew(until: .now + .seconds(60))
        #expect(control.standing == .expired)
        control.lose()
        #expect(control.standing == .takenBack)
    }

    @Test func leaseIsNeverShortened() {
        let control = control(leaseTime: .seconds(60))
        let ends = control.leaseEnds
        control.renew(until: .now)
        #expect(control.leaseEnds == ends)
    }

    @Test func stoppingKeepsTheLease() async {
        let control = control(leaseTime: .seconds(60))
        let work = work()
        control.attach(work)
        control.stop()
        #expect(control.isStopping)
        #expect(!work.isCancelled)
        control.interrupt()
        await work.value
        #expect(!control.isLost)
    }

    @Test func checkpointIsTold() {
        let control = control(leaseTime: .seconds(60))
        control.note(Checkpoint(sequence: 4, state: "{}", itemsDone: 30, itemsExpected: 40))
        #expect(control.progress.checkpoint == 4)
        #expect(control.progress.itemsDone == 30)
        #expect(control.progress.itemsExpected == 40)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PaceTests {
    @Test func requestsAreSpread() async throws {
        let start = ContinuousClock.now
        let pace = Pace(requestsPerMinute: 1200)
        for _ in 0..<4 { try await pace.wait() }
        #expect(start.duration(to: .now) >= .milliseconds(200))
    }

    @Test func thoseWhoWaitTogetherHaveTurns() async throws {
        let start = ContinuousClock.now
        let pace = Pace(requestsPerMinute: 1200)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await pace.wait() } }
            try await group.waitForAll()
        }
        #expect(start.duration(to: .now) >= .milliseconds(200))
    }

    @Test func waitEndsWithTheWork() async {
        let pace = Pace(requestsPerMinute: 0.001)
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
                let pace = Pace(requestsPerMinute: 180.0 / 3, now: now)
                for _ in 0..<requestsPerJob {
                    let turn = pace.takeTurn(at: now)
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
        let pace = Pace(requestsPerMinute: 60, now: start)
        #expect(pace.takeTurn(at: start + .seconds(10)) == start + .seconds(10))
        #expect(pace.takeTurn(at: start + .seconds(10)) == start + .seconds(11))
    }

    @Test func withoutALimitNobodyWaits() async throws {
        // With a wait of any length it would last beyond the time limit.
        let pace = Pace(requestsPerMinute: nil)
        for _ in 0..<100_000 { try await pace.wait() }
    }
}
