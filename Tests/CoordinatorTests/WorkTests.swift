import Concurrency
import Coordinator
import Foundation
import Jobs
import MariaDB
import Protocol
import SwiftProtobuf
import Testing

/// Grants, heartbeats, and what becomes of jobs.
@Suite(.timeLimit(.minutes(3))) struct WorkTests {
    @Test func grantIsCommittedBeforeItIsSent() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let grant = try await coordinator.worker().acquire()[0]
            let row = try await installation.rows("SELECT * FROM jobs")[0]
            #expect(try row.decode("state") == "leased")
            #expect(try row.decode("lease_id") == Array(grant.lease.leaseID))
            #expect(try row.decode("attempt") == grant.lease.attempt)
            #expect(try row.decode("job_id") == grant.lease.job)
            #expect(grant.kind == "modules")
            #expect(grant.wiki == "aawiki")
            #expect(grant.run == 1)
            #expect(grant.shares.map(\.resource) == ["site:test", "wiki:aawiki"])
            // Nobody else is at the site.
            #expect(grant.shares.map(\.requestsPerMinute) == [180, 0])
        }
    }

    @Test func acquireWaitsUntilARunIsPlanned() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let worker = try coordinator.worker()
            async let grants = worker.acquire(2)
            try await eventually { try await admin.status().parkedRequests == 1 }
            _ = try await admin.start("aawiki", "bbwiki", "ccwiki")
            let granted = try await grants
            #expect(granted.count == 2)
            #expect(try await admin.status().parkedRequests == 0)
        }
    }

    @Test func acquireWithoutWorkEndsAfterItsWait() async throws {
        try await Installation.make().run { coordinator in
            let worker = try coordinator.worker()
            #expect(try await worker.acquire(wait: .zero).isEmpty)
            #expect(try await worker.acquire(wait: .seconds(1)).isEmpty)
        }
    }

    @Test func whatFailedIsHeldBack() async throws {
        var installation = try await Installation.make()
        installation.settings.dispatch.policy.backoff = RetryPolicy(initialDelay: .zero, maximumDelay: .zero)
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki")
            let worker = try coordinator.worker()
            let grants = try await worker.acquire(2)
            let grant = try #require(grants.first { $0.wiki == "aawiki" })
            // Another's resource isn't for this job to tell of.
            for resource in ["wiki:bbwiki", "wiki:aawiki"] {
                let other = try #require(grants.first { $0.wiki == "bbwiki" })
                let lease = resource == "wiki:aawiki" ? grant.lease : other.lease
                let wrong = resource == "wiki:aawiki" ? resource : "wiki:ccwiki"
                #expect(try await worker.fail(lease, resource: wrong) == [.accepted])
            }
            let held = try await admin.status().resources.filter { $0.heldBackMilliseconds > 0 }
            #expect(held.map(\.name) == ["wiki:aawiki"])
            #expect(held.first.map { (50_000...70_000).contains($0.heldBackMilliseconds) } == true)
            #expect(try await worker.acquire(2).map(\.wiki) == ["bbwiki"])
        }
    }

    @Test func noMoreGrantsThanSlotsAndThanTheSiteBears() async throws {
        var installation = try await Installation.make()
        installation.settings.quotas = Quotas(siteInFlight: 3, siteRequestsPerMinute: nil)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start()
            let (first, second) = (try coordinator.worker("w1"), try coordinator.worker("w2"))
            let two = try await first.acquire(2)
            #expect(two.count == 2)
            #expect(two[0].shares[0].requestsPerMinute == 0)
            #expect(try await second.acquire(4).count == 1)
            #expect(try await second.acquire(4, wait: .zero).isEmpty)
            // Who waits gets what becomes free.
            async let fourth = second.acquire(4)
            #expect(try await first.complete(two[0].lease) == [.accepted])
            let granted = try await fourth
            #expect(granted.count == 1)
        }
    }

    @Test func aWikiHasOneJobAtATime() async throws {
        var installation = try await Installation.make()
        let pages = KindSpec(
            kind: JobKind(rawValue: "pages"),
            summary: "another kind that asks the wiki's API",
            scope: .wiki(includes: { _ in true }),
            usesWikiAPI: true,
            checkParameters: { _ in },
            resource: { wiki, _ in .site(wiki?.site ?? "") }
        )
        installation.kinds = KindCatalog([.modules, pages])
        try await installation.run { coordinator in
            #expect(try await coordinator.admin().start("aawiki", kinds: ["modules", "pages"]).jobsPlanned == 2)
            let worker = try coordinator.worker(kinds: ["modules", "pages"])
            let first = try await worker.acquire(4)
            #expect(first.count == 1)
            #expect(try await worker.acquire(4, wait: .zero).isEmpty)
            #expect(try await worker.complete(first[0].lease) == [.accepted])
            let second = try await worker.acquire(4)
            #expect(Set([first[0].kind, second[0].kind]) == ["modules", "pages"])
        }
    }

    @Test func kindThatAWorkerDoesNotKnowIsLeftToOthers() async throws {
        try await Installation.make().run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            #expect(try await coordinator.worker("old", kinds: ["wikis"]).acquire(4, wait: .zero).isEmpty)
            #expect(try await coordinator.worker("new", kinds: ["modules"]).acquire(4).count == 1)
        }
    }

    @Test func heartbeatRenewsOnlyTheSendersLeases() async throws {
        try await Installation.make().run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let (worker, other) = (try coordinator.worker("w1"), try coordinator.worker("w2"))
            let mine = try await worker.lease()
            let theirs = try await other.lease()
            var wrongAttempt = mine
            wrongAttempt.attempt += 1
            var wrongID = mine
            wrongID.leaseID = Data(repeating: 1, count: 16)
            var noJob = mine
            noJob.job = 999
            let leases = [theirs, mine, wrongAttempt, wrongID, noJob, mine]
            #expect(try await worker.heartbeat(leases) == [.lost, .held, .lost, .lost, .lost, .held])
            #expect(try await worker.heartbeat([]).isEmpty)
            #expect(try await worker.complete(mine) == [.accepted])
            #expect(try await worker.heartbeat([mine]) == [.lost])
        }
    }

    @Test func eachJobOfAReportHasItsOutcome() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let (worker, other) = (try coordinator.worker("w1"), try coordinator.worker("w2"))
            let (mine, theirs) = (try await worker.lease(), try await other.lease())
            #expect(try await worker.complete(theirs, mine) == [.stale, .accepted])
            #expect(try await worker.complete(mine) == [.stale])
            #expect(try await worker.fail(mine) == [.stale])
            #expect(try await worker.release(theirs) == [.stale])
            #expect(try await other.complete(theirs) == [.accepted])
            let counts = try await installation.rows("SELECT counts FROM jobs").map {
                try $0.decode(at: 0, as: String.self)
            }
            #expect(counts == [#"{"pages":3}"#, #"{"pages":3}"#])
            #expect(try await installation.runStates() == ["done"])
        }
    }

    @Test func failuresAreTriedAgainOrEndTheJob() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let worker = try coordinator.worker()
            let grants = try await worker.acquire(2)
            #expect(try await worker.fail(grants[0].lease) == [.accepted])
            #expect(try await worker.fail(grants[1].lease, permanent: true) == [.accepted])
            #expect(try await installation.states().sorted() == ["failed", "ready"])
            let row = try await installation.rows("SELECT * FROM jobs WHERE state = 'ready'")[0]
            #expect(try row.decode("failures") == 1)
            #expect(try row.decode("last_error") == "HTTP 500")
            #expect(try row.decode("not_before", as: Timestamp?.self) != nil)
            #expect(try await installation.story(grants[0].wiki) == ["planned", "granted", "failed_attempt"])
            #expect(try await installation.story(grants[1].wiki) == ["planned", "granted", "failed"])
        }
    }

    @Test func jobThatIsGivenBackGoesToTheNext() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let (worker, other) = (try coordinator.worker("w1"), try coordinator.worker("w2"))
            let lease = try await worker.lease()
            async let next = other.lease()
            #expect(try await worker.release(lease) == [.accepted])
            let second = try await next
            #expect(second.attempt == 2)
            #expect(second.leaseID != lease.leaseID)
            #expect(try await other.complete(second) == [.accepted])
            let row = try await installation.rows("SELECT failures, losses, snoozes FROM jobs")[0]
            #expect(row.values == [.uint(0), .uint(0), .uint(0)])
            #expect(try await installation.story() == ["planned", "granted", "released", "granted", "completed"])
        }
    }

    @Test func resourceThatAsksForTimeIsHeldBackForAll() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki", "ccwiki")
            let worker = try coordinator.worker()
            let lease = try await worker.lease()
            // One that it doesn't use is none of its business.
            let others = WireWait.with {
                $0.resource = "site:other"
                $0.waitMilliseconds = 60_000
            }
            _ = try await worker.heartbeat([lease], waits: [others])
            #expect(try await admin.status().resources.allSatisfy { $0.heldBackMilliseconds == 0 })
            let second = try await worker.lease()
            #expect(try await worker.release(second, wait: .seconds(60), resource: "site:test") == [.accepted])
            let site = try #require(try await admin.status().resources.first { $0.name == "site:test" })
            #expect(site.heldBackMilliseconds > 30_000)
            #expect(site.reason == "maxlag")
            #expect(try await coordinator.worker("w2").acquire(4, wait: .zero).isEmpty)
            #expect(try await worker.heartbeat([lease]) == [.held])
            #expect(try await installation.story("bbwiki").last == "snoozed")
        }
    }

    @Test func repeatGetsTheSameAnswerWithoutASecondEffect() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let raw = try coordinator.raw()
            let session = try await raw.session()
            let acquire = WireRequest.OneOf_Body.acquire(.with { $0.slots = 1 })
            let id = RandomID.random()
            let grants = try await raw.send(acquire, session: session, requestID: id)
            #expect(grants.grants.grants.count == 1)
            #expect(try await raw.send(acquire, session: session, requestID: id) == grants)
            let complete = WireRequest.OneOf_Body.complete(completionBody([grants.grants.grants[0].lease]))
            let second = RandomID.random()
            let outcome = try await raw.send(complete, session: session, requestID: second)
            #expect(outcome.rulings == [.accepted])
            for _ in 1...3 { #expect(try await raw.send(complete, session: session, requestID: second) == outcome) }
            #expect(try await raw.send(complete, session: session).rulings == [.stale])
            #expect(try await installation.story(grants.grants.grants[0].wiki) == ["planned", "granted", "completed"])
            #expect(try await installation.states().sorted() == ["done", "ready"])
        }
    }

    @Test func repeatOfAParkedAcquireWaitsForTheSameGrants() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let (raw, other) = (try coordinator.raw(), try coordinator.raw())
            let session = try await raw.session()
            let acquire = WireRequest.OneOf_Body.acquire(
                .with {
                    $0.slots = 1
                    $0.waitMilliseconds = 30_000
                }
            )
            let id = RandomID.random()
            async let first = raw.send(acquire, session: session, requestID: id)
            async let again = other.send(acquire, session: session, requestID: id)
            try await eventually { try await admin.status().parkedRequests == 1 }
            _ = try await admin.start()
            let (one, two) = try await (first, again)
            #expect(one == two)
            #expect(one.grants.grants.count == 1)
            #expect(try await installation.states().filter { $0 == "leased" }.count == 1)
        }
    }

    @Test func leavingWorkerGivesBackWhatItHolds() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let (worker, other) = (try coordinator.worker("w1"), try coordinator.worker("w2"))
            #expect(try await worker.acquire(2).count == 2)
            async let grants = other.acquire(2)
            await worker.client.leave(within: .seconds(20))
            let granted = try await grants
            #expect(granted.count == 2)
            #expect(try await installation.story() == ["planned", "granted", "released", "granted"])
            let state = try await installation.rows("SELECT state FROM workers WHERE name = 'w1'")[0]
            #expect(try state.decode(at: 0) == "left")
        }
    }

    @Test func nothingIsGrantedToAWorkerThatHasLeft() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let raw = try coordinator.raw()
            let session = try await raw.session()
            let acquire = WireAcquire.with {
                $0.slots = 1
                $0.waitMilliseconds = 30_000
            }
            async let waiting = raw.send(.acquire(acquire), session: session)
            try await eventually { try await admin.status().parkedRequests == 1 }
            #expect(try await raw.send(.bye(WireBye()), session: session).body == .farewell(WireFarewell()))
            let nothing = try await waiting
            #expect(nothing.grants.grants.isEmpty)
            _ = try await admin.start("aawiki")
            #expect(try await coordinator.worker("w2").lease().attempt == 1)
        }
    }
}
