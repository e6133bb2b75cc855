import MariaDB
import SeededGenerator
import Testing

@testable import Jobs

@Suite struct DispatcherTests {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)
    let worker = RandomID.random()

    func dispatcher(quotas: Quotas = Quotas(siteInFlight: 3), jobs: [Job] = []) -> Dispatcher {
        var dispatcher = Dispatcher(
            settings: .init(),
            kinds: .standard,
            quotas: QuotaLedger(quotas: quotas),
            generator: SeededGenerator(seed: 1)
        )
        for job in jobs { dispatcher.load(job, at: now) }
        return dispatcher
    }

    func job(_ id: UInt64, wiki: String? = nil, site: String = "a", items: UInt64 = 0, dependsOn: UInt64? = nil) -> Job
    {
        Job(
            id: JobID(rawValue: id),
            run: RunID(rawValue: 1),
            kind: .modules,
            wiki: wiki ?? "wiki\(id)",
            resource: .site(site),
            expectedItems: items,
            dependsOn: dependsOn.map(JobID.init)
        )
    }

    func grant(_ dispatcher: inout Dispatcher, _ slots: Int = 1, at time: Timestamp? = nil) -> [Job] {
        let transitions = dispatcher.grant(slots: slots, kinds: [.modules], worker: worker, at: time ?? now)
        for lease in transitions.compactMap(\.after.lease) { dispatcher.grantCommitted(lease, at: time ?? now) }
        #expect(dispatcher.violations == [])
        return transitions.map(\.after)
    }

    @Test func mostWorkFirstThenTheOldest() {
        var dispatcher = dispatcher(
            quotas: Quotas(siteInFlight: 9),
            jobs: [job(1), job(2, items: 10), job(3, items: 500), job(4, items: 10)]
        )
        #expect(grant(&dispatcher, 9).map(\.id.rawValue) == [3, 2, 4, 1])
    }

    @Test func aSiteBearsSoManyAndNoMore() throws {
        var dispatcher = dispatcher(jobs: (1...10).map { job($0) } + [job(11, site: "b")])
        let granted = grant(&dispatcher, 10)
        #expect(granted.filter { $0.resource == .site("a") }.count == 3)
        #expect(granted.filter { $0.resource == .site("b") }.count == 1)
        let lease = try #require(granted.first { $0.resource == .site("a") }?.lease)
        _ = dispatcher.report(.completed(counts: [:]), for: lease, worker: worker, at: now)
        // Its place isn't free before that is in the table.
        #expect(grant(&dispatcher, 10).isEmpty)
        #expect(dispatcher.violations == [])
        dispatcher.settle(lease.job)
        #expect(grant(&dispatcher, 10).count == 1)
    }

    @Test func oneJobAtATimePerWiki() throws {
        var dispatcher = dispatcher(jobs: [job(1, wiki: "x"), job(2, wiki: "x"), job(3, wiki: "y")])
        let granted = grant(&dispatcher, 3)
        #expect(granted.map(\.wiki).sorted() == ["x", "y"])
        #expect(grant(&dispatcher, 3).isEmpty)
        let lease = try #require(granted.first { $0.wiki == "x" }?.lease)
        _ = dispatcher.report(.completed(counts: [:]), for: lease, worker: worker, at: now)
        dispatcher.settle(lease.job)
        #expect(grant(&dispatcher, 3).map(\.id.rawValue) == [2])
    }

    @Test func unknownKindsAreLeftAlone() {
        var dispatcher = dispatcher(
            jobs: [
                Job(
                    id: JobID(rawValue: 1),
                    run: RunID(rawValue: 1),
                    kind: JobKind(rawValue: "new"),
                    resource: .site("a")
                )
            ])
        #expect(grant(&dispatcher, 3).isEmpty)
        #expect(dispatcher.jobCount == 1)
    }

    @Test func heldBackResourceGetsNothingUntilItsTime() throws {
        var dispatcher = dispatcher(jobs: [job(1), job(2)])
        dispatcher.holdBack(.site("a"), for: .seconds(30), reason: "HTTP 429", at: now)
        #expect(grant(&dispatcher, 2).isEmpty)
        #expect(dispatcher.quotas.reports(at: now).map(\.reason) == ["HTTP 429"])
        #expect(grant(&dispatcher, 2, at: now.advanced(by: .seconds(31))).count == 2)
    }

    @Test func heldBackWikiGetsNothingUntilItsTime() throws {
        var dispatcher = dispatcher(jobs: [job(1, wiki: "x"), job(2, wiki: "y")])
        dispatcher.holdBack(.wiki("x"), for: .seconds(30), reason: "maxlag", at: now)
        #expect(grant(&dispatcher, 2).map(\.wiki) == ["y"])
        #expect(grant(&dispatcher, 2, at: now.advanced(by: .seconds(31))).map(\.wiki) == ["x"])
    }

    @Test func snoozedJobWaitsEvenWhenTheQueuesKnowItTwice() throws {
        var dispatcher = dispatcher(jobs: [job(1)])
        // As when memory and table didn't agree.
        dispatcher.load(job(1), at: now)
        let lease = try #require(grant(&dispatcher)[0].lease)
        let wait = JobEvent.released(reason: "HTTP 429", wait: .seconds(60))
        #expect(dispatcher.report(wait, for: lease, worker: worker, at: now).count == 1)
        dispatcher.settle(lease.job)
        #expect(grant(&dispatcher, 2, at: now.advanced(by: .seconds(59))).isEmpty)
        #expect(grant(&dispatcher, 2, at: now.advanced(by: .seconds(60))).count == 1)
    }

    @Test func holdBacksDoubleAndAreForgiven() throws {
        var ledger = QuotaLedger(quotas: Quotas())
        var generator = SeededGenerator(seed: 2)
        func wait(_ time: Timestamp) throws -> Duration {
            time.duration(to: try #require(ledger.heldBackUntil(.site("a"), at: time)))
        }
        var time = now
        for expected in [60, 120, 240] {
            ledger.holdBack(.site("a"), for: nil, reason: "HTTP 503", at: time, using: &generator)
            let wait = try wait(time)
            #expect(wait >= .seconds(expected))
            #expect(wait <= .seconds(expected) * 1.1)
            time = time.advanced(by: wait + .seconds(1))
        }
        time = time.advanced(by: .seconds(1801))
        ledger.holdBack(.site("a"), for: nil, reason: "HTTP 503", at: time, using: &generator)
        #expect(try wait(time) <= .seconds(66))
    }

    @Test func leaseRunsOutShortBeforeTheFirstHeartbeatAndLongAfter() throws {
        var dispatcher = dispatcher(jobs: [job(1)])
        let lease = try #require(grant(&dispatcher)[0].lease)
        #expect(dispatcher.expiredLeases(at: now.advanced(by: .seconds(14))).isEmpty)
        #expect(dispatcher.expiredLeases(at: now.advanced(by: .seconds(15))) == [lease])
        let isRenewed = dispatcher.renew(lease, worker: worker, at: now.advanced(by: .seconds(14)))
        #expect(isRenewed)
        #expect(dispatcher.expiredLeases(at: now.advanced(by: .seconds(58))).isEmpty)
        #expect(dispatcher.expiredLeases(at: now.advanced(by: .seconds(59))) == [lease])
    }

    @Test func nobodyElseCanSpeakForALease() throws {
        var dispatcher = dispatcher(jobs: [job(1)])
        let lease = try #require(grant(&dispatcher)[0].lease)
        let forged = Lease(job: lease.job, attempt: lease.attempt, id: .random())
        for (lease, sender) in [(lease, RandomID.random()), (forged, worker)] {
            let isRenewed = dispatcher.renew(lease, worker: sender, at: now)
            #expect(!isRenewed)
            let transitions = dispatcher.report(.completed(counts: [:]), for: lease, worker: sender, at: now)
            #expect(transitions.isEmpty)
        }
    }

    @Test func dependentBecomesReadyWhenItsJobIsDone() throws {
        var dispatcher = dispatcher(jobs: [job(1), job(2, dependsOn: 1)])
        let lease = try #require(grant(&dispatcher, 5).first?.lease)
        let transitions = dispatcher.report(.completed(counts: [:]), for: lease, worker: worker, at: now)
        #expect(transitions.map(\.after.id.rawValue) == [1, 2])
        #expect(transitions.map(\.after.state) == [.done, .ready])
        #expect(transitions.map(\.cause?.rawValue) == [nil, 1])
    }

    @Test func dependentIsCancelledWhenItsJobIsGivenUp() throws {
        var dispatcher = dispatcher(jobs: [job(1), job(2, dependsOn: 1), job(3, dependsOn: 2)])
        let transitions = dispatcher.cancel(JobID(rawValue: 1), reason: "not wanted", at: now)
        #expect(transitions.map(\.after.state) == [.cancelled, .cancelled, .cancelled])
        #expect(dispatcher.jobCount == 0)
    }

    @Test func leaseThatIsNotTakenBackGoesOnAsItWas() throws {
        var dispatcher = dispatcher(jobs: [job(1)])
        let lease = try #require(grant(&dispatcher)[0].lease)
        let isRenewed = dispatcher.renew(lease, worker: worker, at: now)
        #expect(isRenewed)
        let later = now.advanced(by: .seconds(60))
        let clock = try #require(dispatcher.leaseClock(of: lease.job))
        for transition in dispatcher.expire(lease, checkpoint: 0, at: later) {
            dispatcher.revert(transition, leaseClock: clock, at: later)
        }
        #expect(dispatcher.expiredLeases(at: later) == [lease])
        let lost = dispatcher.expire(lease, checkpoint: 0, at: later)
        #expect(lost.map(\.story.name) == [.lost])
        // Until it is known to be in the table, nobody else gets it.
        #expect(grant(&dispatcher).isEmpty)
        #expect(dispatcher.violations == [])
        dispatcher.settle(lease.job)
        #expect(grant(&dispatcher).map(\.attempt) == [2])
    }

    @Test func outageOfTheDatabaseIsNobodysFault() throws {
        var dispatcher = dispatcher(jobs: [job(1)])
        let lease = try #require(grant(&dispatcher)[0].lease)
        let isRenewed = dispatcher.renew(lease, worker: worker, at: now)
        #expect(isRenewed)
        dispatcher.extendAllLeases(at: now.advanced(by: .seconds(30)))
        let later = now.advanced(by: .seconds(80))
        let unheard = dispatcher.expire(lease, checkpoint: 0, at: later)
        #expect(unheard.map(\.story.name) == [.unheard])
    }

    @Test func revertedGrantCanBeGrantedAgain() throws {
        var dispatcher = dispatcher(jobs: [job(1)])
        let transitions = dispatcher.grant(slots: 1, kinds: [.modules], worker: worker, at: now)
        for transition in transitions { dispatcher.revert(transition, at: now) }
        #expect(dispatcher.violations == [])
        #expect(grant(&dispatcher).map(\.attempt) == [1])
    }
}
