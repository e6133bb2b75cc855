import Concurrency
import MariaDB
import Testing

@testable import Jobs

@Suite struct JobEventTests {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)
    let policy = JobPolicy()
    let holder = Job.Holder(lease: .random(), worker: .random())

    func fresh(dependsOn: JobID? = nil) -> Job {
        Job(
            id: JobID(rawValue: 7),
            run: RunID(rawValue: 1),
            kind: .modules,
            wiki: "enwiki",
            resource: .site("wikimedia"),
            dependsOn: dependsOn
        )
    }

    func after(_ job: Job, _ events: JobEvent...) throws -> Job {
        var generator = SystemRandomNumberGenerator()
        return try events.reduce(job) { job, event in
            try job.after(event, at: now, policy: policy, using: &generator).job
        }
    }

    @Test func grantBeginsAnAttempt() throws {
        let job = try after(fresh(), .granted(holder))
        #expect(job.state == .leased)
        #expect(job.attempt == 1)
        #expect(job.lease == Lease(job: job.id, attempt: 1, id: holder.lease))
        #expect(job.violations.isEmpty)
    }

    @Test func completionEndsTheLease() throws {
        let job = try after(fresh(), .granted(holder), .completed(counts: ["pages": 3]))
        #expect(job.state == .done)
        #expect(job.holder == nil)
        #expect(job.finishedAt == now)
        #expect(job.counts == ["pages": 3])
        #expect(job.violations.isEmpty)
    }

    @Test func failuresBackOffAndEndAfterTheFifth() throws {
        var job = fresh()
        for failure in 1..<policy.maximumFailures {
            job = try after(job, .granted(holder), .failed(message: "no", permanent: false))
            #expect(job.state == .ready)
            #expect(job.failures == failure)
            let wait = now.duration(to: try #require(job.notBefore))
            #expect(wait <= policy.backoff.ceiling(afterFailedAttempts: Int(failure)))
        }
        job = try after(job, .granted(holder), .failed(message: "no", permanent: false))
        #expect(job.state == .failed)
        #expect(job.lastError == "no")
        #expect(job.violations.isEmpty)
    }

    @Test func permanentFailureEndsAtOnce() throws {
        #expect(try after(fresh(), .granted(holder), .failed(message: "gone", permanent: true)).state == .failed)
    }

    @Test func snoozeCostsNoAttemptAndNoFailure() throws {
        let job = try after(fresh(), .granted(holder), .released(reason: "HTTP 429", wait: .seconds(60)))
        #expect(job.state == .ready)
        #expect(job.notBefore == now.advanced(by: .seconds(60)))
        #expect(job.snoozes == 1)
        #expect(job.failures == 0)
        #expect(job.losses == 0)
    }

    @Test func thirdLossWithoutProgressQuarantines() throws {
        var job = fresh()
        for _ in 1...2 { job = try after(job, .granted(holder), .expired(heard: true, checkpoint: 0)) }
        #expect(job.state == .ready)
        #expect(job.losses == 2)
        job = try after(job, .granted(holder), .expired(heard: true, checkpoint: 0))
        #expect(job.state == .quarantined)
        #expect(job.failures == 0)
    }

    @Test func aCheckpointThatMovesForgivesLosses() throws {
        var job = fresh()
        for checkpoint in 1...20 {
            job = try after(job, .granted(holder), .expired(heard: true, checkpoint: UInt32(checkpoint)))
            #expect(job.state == .ready)
            #expect(job.losses == 1)
        }
    }

    @Test func anUnheardLeaseIsNoLoss() throws {
        var job = fresh()
        for _ in 1...10 { job = try after(job, .granted(holder), .expired(heard: false, checkpoint: 0)) }
        #expect(job.state == .ready)
        #expect(job.losses == 0)
        #expect(job.attempt == 10)
    }

    @Test func waitingJobFollowsItsDependency() throws {
        let waiting = fresh(dependsOn: JobID(rawValue: 3))
        #expect(waiting.state == .waiting)
        #expect(try after(waiting, .dependencyEnded(done: true)).state == .ready)
        let cancelled = try after(waiting, .dependencyEnded(done: false))
        #expect(cancelled.state == .cancelled)
        #expect(cancelled.violations.isEmpty)
    }

    @Test func retryStartsCounting() throws {
        let failed = try after(fresh(), .granted(holder), .failed(message: "no", permanent: true))
        let job = try after(failed, .retried(reason: "by me", waits: false))
        #expect(job.state == .ready)
        #expect(job.failures == 0)
        #expect(job.finishedAt == nil)
        #expect(job.attempt == 1)
        #expect(job.violations.isEmpty)
    }

    @Test func eventsThatCannotHappenAreRefused() throws {
        let job = fresh()
        #expect(throws: IllegalTransition.self) { try after(job, .completed(counts: [:])) }
        #expect(throws: IllegalTransition.self) { try after(job, .retried(reason: "by me", waits: false)) }
        #expect(throws: IllegalTransition.self) { try after(job, .granted(holder), .granted(holder)) }
        let done = try after(job, .granted(holder), .completed(counts: [:]))
        #expect(throws: IllegalTransition.self) { try after(done, .cancelled(reason: "late")) }
        #expect(throws: IllegalTransition.self) { try after(done, .retried(reason: "by me", waits: false)) }
    }
}
