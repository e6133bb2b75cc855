import MariaDB
import SeededGenerator
import Testing

@testable import Jobs

/// What operators do with a dispatcher.
@Suite struct PauseTests {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)
    let worker = RandomID.random()

    func dispatcher(_ jobs: [(wiki: String, site: String)]) -> Dispatcher {
        var dispatcher = Dispatcher(
            settings: .init(),
            kinds: .standard,
            quotas: QuotaLedger(quotas: Quotas(siteInFlight: 9)),
            generator: SeededGenerator(seed: 1)
        )
        for (index, job) in jobs.enumerated() {
            dispatcher.load(
                Job(
                    id: JobID(rawValue: UInt64(index + 1)),
                    run: RunID(rawValue: 1),
                    kind: .modules,
                    wiki: job.wiki,
                    resource: .site(job.site)
                ),
                at: now
            )
        }
        return dispatcher
    }

    func grant(_ dispatcher: inout Dispatcher, after time: Duration = .zero) -> [Job] {
        let at = now.advanced(by: time)
        let transitions = dispatcher.grant(slots: 9, kinds: [.modules], worker: worker, at: at)
        for lease in transitions.compactMap(\.after.lease) { dispatcher.grantCommitted(lease, at: at) }
        #expect(dispatcher.violations == [])
        return transitions.map(\.after)
    }

    func pause(_ target: Pause.Target, for duration: Duration? = nil) -> Pause {
        Pause(target, until: duration.map(now.advanced(by:)), reason: "why", pausedBy: "me", pausedAt: now)
    }

    @Test(arguments: [
        (Pause.Target(.kind, "modules"), []), (Pause.Target(.kind, "wikis"), ["x", "y", "z"]),
        (Pause.Target(.wiki, "x"), ["y", "z"]), (Pause.Target(.site, "a"), ["z"]),
        (Pause.Target(.site, "x"), ["x", "y", "z"]),
    ])
    func whatIsPausedIsNotGranted(_ target: Pause.Target, _ granted: [String]) {
        var dispatcher = dispatcher([("x", "a"), ("y", "a"), ("z", "b")])
        dispatcher.pause(pause(target))
        #expect(grant(&dispatcher).map(\.wiki).sorted() == granted)
        #expect(grant(&dispatcher).isEmpty)
        dispatcher.resume(target)
        #expect(dispatcher.violations == [])
        #expect(grant(&dispatcher).count == 3 - granted.count)
        #expect(grant(&dispatcher).isEmpty)
    }

    @Test(arguments: Pause.Scope.allCases)
    func pauseEndsByItself(_ scope: Pause.Scope) {
        var dispatcher = dispatcher([("x", "a")])
        let name = [Pause.Scope.kind: "modules", .wiki: "x", .site: "a"][scope] ?? ""
        dispatcher.pause(pause(.init(scope, name), for: .seconds(60)))
        #expect(grant(&dispatcher, after: .seconds(59)).isEmpty)
        #expect(dispatcher.pauses.all(at: now.advanced(by: .seconds(59))).map(\.target.name) == [name])
        #expect(dispatcher.pauses.all(at: now.advanced(by: .seconds(60))).isEmpty)
        #expect(grant(&dispatcher, after: .seconds(60)).map(\.attempt) == [1])
    }

    @Test func whatIsLeasedGoesOn() throws {
        var dispatcher = dispatcher([("x", "a"), ("y", "a")])
        let leases = grant(&dispatcher).compactMap(\.lease)
        for target in [Pause.Target(.kind, "modules"), .init(.wiki, "x"), .init(.site, "a")] {
            dispatcher.pause(pause(target))
        }
        for lease in leases {
            let isRenewed = dispatcher.renew(lease, worker: worker, at: now)
            #expect(isRenewed)
            #expect(dispatcher.report(.completed(counts: [:]), for: lease, worker: worker, at: now).count == 1)
        }
        #expect(dispatcher.violations == [])
    }

    @Test func laterPauseTakesThePlaceOfTheEarlier() {
        var dispatcher = dispatcher([("x", "a")])
        dispatcher.pause(pause(.init(.wiki, "x")))
        #expect(grant(&dispatcher).isEmpty)
        dispatcher.pause(pause(.init(.wiki, "x"), for: .seconds(5)))
        #expect(grant(&dispatcher, after: .seconds(4)).isEmpty)
        #expect(grant(&dispatcher, after: .seconds(5)).count == 1)
    }

    @Test func namesOfTargets() {
        #expect(Pause.Target("wiki:enwiki") == Pause.Target(.wiki, "enwiki"))
        #expect(Pause.Target("site:localhost:8080") == Pause.Target(.site, "localhost:8080"))
        #expect(Pause.Target("localhost:8080") == nil)
        #expect(Pause.Target("enwiki") == nil)
    }

    @Test(arguments: [true, false])
    func placeOfALeaseThatIsTakenBackIsKeptUntilTheTableHasIt(_ isCancelled: Bool) throws {
        var dispatcher = dispatcher([("x", "a"), ("x", "a")])
        let lease = try #require(grant(&dispatcher).first?.lease)
        _ = dispatcher.renew(lease, worker: worker, at: now)
        let transitions =
            isCancelled
            ? dispatcher.cancel(lease.job, reason: "by me", at: now)
            : dispatcher.takeBack(lease.job, reason: "by me", at: now)
        #expect(transitions.map(\.story) == [JobStory(isCancelled ? .cancelled : .released, detail: "by me")])
        let isRenewed = dispatcher.renew(lease, worker: worker, at: now)
        #expect(!isRenewed)
        #expect(grant(&dispatcher).isEmpty)
        // Nor is anything decided on top of what the table may pass over.
        #expect(dispatcher.isUnsettled(lease.job))
        let onTop = dispatcher.cancel(lease.job, reason: "by me", at: now)
        #expect(onTop.isEmpty)
        dispatcher.settle(lease.job)
        // Its worker may be in the middle of a request.
        #expect(grant(&dispatcher).isEmpty)
        dispatcher.heard(from: worker, of: [lease], at: now)
        #expect(grant(&dispatcher).isEmpty)
        dispatcher.heard(from: worker, of: [], at: now)
        let next = try #require(grant(&dispatcher).first)
        #expect(next.id == (isCancelled ? JobID(rawValue: 2) : lease.job))
        #expect(next.attempt == (isCancelled ? 1 : 2))
        #expect(next.failures + next.losses + next.snoozes == 0)
    }

    @Test func placeOfAWorkerThatSaysNothingIsFreeWhenItHasDroppedTheLease() throws {
        var dispatcher = dispatcher([("x", "a")])
        let lease = try #require(grant(&dispatcher).first?.lease)
        dispatcher.grantCommitted(lease, at: now)
        let transitions = dispatcher.takeBack(lease.job, reason: "by me", at: now)
        #expect(transitions.count == 1)
        dispatcher.settle(lease.job)
        // The grant may be on its way still.
        dispatcher.heard(from: worker, of: [], at: now)
        #expect(grant(&dispatcher, after: .seconds(14)).isEmpty)
        #expect(grant(&dispatcher, after: .seconds(15)).map(\.attempt) == [2])
    }

    @Test func leaseWhoseTakingBackIsPassedOverRunsOutAllTheSame() throws {
        var dispatcher = dispatcher([("x", "a")])
        let granted = dispatcher.grant(slots: 1, kinds: [.modules], worker: worker, at: now)
        let lease = try #require(granted.first?.after.lease)
        // The grant is being committed while an operator wants the job back.
        let clock = try #require(dispatcher.leaseClock(of: lease.job))
        let transitions = dispatcher.takeBack(lease.job, reason: "by me", at: now)
        dispatcher.grantCommitted(lease, at: now)
        let taken = dispatcher.take([.passedOver], on: transitions, takingBack: [lease.job: clock], at: now)
        #expect(taken.committed == [])
        #expect(dispatcher.expiredLeases(at: now.advanced(by: .seconds(3600))) == [lease])
    }

    @Test func takingBackIsForLeasedJobs() {
        var dispatcher = dispatcher([("x", "a")])
        let nothing = dispatcher.takeBack(JobID(rawValue: 1), reason: "by me", at: now)
        #expect(nothing.isEmpty)
    }

    @Test func retriedJobIsGrantedAgain() throws {
        var dispatcher = dispatcher([("x", "a")])
        let cancelled = try #require(dispatcher.cancel(JobID(rawValue: 1), reason: "by me", at: now).first?.after)
        let waiting = dispatcher.retry(cancelled, waits: false, reason: "by me", at: now)
        #expect(waiting.map(\.story) == [JobStory(.retried, detail: "by me")])
        let twice = dispatcher.retry(cancelled, waits: false, reason: "by me", at: now)
        #expect(twice.isEmpty)
        #expect(grant(&dispatcher).map(\.id.rawValue) == [1])
    }

    @Test func retriedJobThatWaitsFollowsItsDependency() throws {
        var dispatcher = dispatcher([("x", "a")])
        let first = try #require(dispatcher.job(JobID(rawValue: 1)))
        var second = Job(
            id: JobID(rawValue: 2),
            run: first.run,
            kind: .modules,
            wiki: "y",
            resource: .site("a"),
            dependsOn: first.id
        )
        second.state = .cancelled
        second.finishedAt = now
        #expect(dispatcher.retry(second, waits: true, reason: "by me", at: now).map(\.after.state) == [.waiting])
        let lease = try #require(grant(&dispatcher).first?.lease)
        #expect(grant(&dispatcher).isEmpty)
        _ = dispatcher.report(.completed(counts: [:]), for: lease, worker: worker, at: now)
        #expect(grant(&dispatcher).map(\.id) == [second.id])
    }
}
