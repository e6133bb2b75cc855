import Coordinator
import Foundation
import Jobs
import MariaDB
import Protocol
import SwiftProtobuf
import Testing

/// What operators do with jobs.
@Suite(.timeLimit(.minutes(3))) struct VerbTests {
    private func details(_ installation: Installation, _ event: String) async throws -> [String] {
        try await installation.rows("SELECT detail FROM job_events WHERE event = '\(event)' ORDER BY event_id")
            .map { try $0.decode("detail") }
    }

    @Test func retriedJobIsGrantedAgain() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki")
            let worker = try coordinator.worker()
            let lease = try await worker.lease()
            #expect(try await worker.fail(lease, permanent: true) == [.accepted])
            #expect(try await installation.runStates() == ["failed"])
            let trial = try await admin.change(.retry, lease.job, dryRun: true)
            #expect(trial.changed == 1)
            #expect(try await installation.states() == ["failed"])
            let retried = try await admin.change(.retry, lease.job)
            #expect(retried == trial)
            #expect(retried.firstChanged.map(\.job) == [lease.job])
            #expect(retried.firstChanged.map(\.state) == ["failed"])
            #expect(retried.leftOut == 0)
            #expect(try await installation.runStates() == ["active"])
            #expect(try await details(installation, "retried") == ["by me@host: test"])
            let again = try await worker.lease()
            #expect(again.job == lease.job)
            #expect(again.attempt == 2)
            #expect(try await worker.complete(again) == [.accepted])
            #expect(try await installation.runStates() == ["done"])
        }
    }

    @Test func whatCannotBeRetriedIsLeftOutWithItsReason() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let worker = try coordinator.worker()
            _ = try await admin.start("aawiki", "bbwiki")
            for grant in try await worker.acquire(2) {
                #expect(try await worker.fail(grant.lease, permanent: true) == [.accepted])
            }
            _ = try await admin.start("aawiki")
            let found = try await admin.change(.retry, 1, 2, 3, 99)
            #expect(found.firstChanged.map(\.wiki) == ["bbwiki"])
            #expect(found.leftOut == 3)
            #expect(
                Set(found.firstLeftOut.map { "\($0.job) \($0.why)" }) == [
                    "1 job 3 is active for the same", "3 it is ready", "99 there is no such job",
                ]
            )
            #expect(try await installation.states() == ["failed", "ready", "ready"])
        }
    }

    @Test func cancelledLeaseIsLostToItsWorker() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki")
            let worker = try coordinator.worker()
            let lease = try await worker.heardLease()
            let selection = WireJobSelection.with { $0.state = "leased" }
            #expect(try await admin.change(.cancel, selection, dryRun: true).changed == 1)
            #expect(try await worker.heartbeat([lease]) == [.held])
            let cancelled = try await admin.change(.cancel, selection)
            #expect(cancelled.firstChanged.map(\.job) == [lease.job])
            #expect(try await worker.heartbeat([lease]) == [.lost])
            #expect(try await worker.complete(lease) == [.stale])
            #expect(try await details(installation, "cancelled") == ["by me@host: test"])
            // The other one is still there.
            let rest = try await admin.change(.cancel, .everything)
            #expect(rest.changed == 1)
            #expect(try await installation.states() == ["cancelled", "cancelled"])
            #expect(try await installation.runStates() == ["failed"])
            #expect(try await admin.change(.cancel, .everything) == WireJobsChanged())
        }
    }

    @Test func releasedLeaseGoesToAnotherWithoutBlame() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki")
            let (worker, other) = (try coordinator.worker("w1"), try coordinator.worker("w2"))
            let leases = try await worker.acquire(2).map(\.lease)
            #expect(try await worker.heartbeat(leases) == [.held, .held])
            async let grants = other.acquire(2)
            #expect(try await admin.change(.release, .everything).changed == 2)
            #expect(try await worker.heartbeat(leases) == [.lost, .lost])
            #expect(try await worker.heartbeat([]) == [])
            var granted = try await grants
            while granted.count < 2 { granted += try await other.acquire(2) }
            #expect(granted.map(\.lease.attempt) == [2, 2])
            let rows = try await installation.rows("SELECT failures + losses + snoozes FROM jobs")
            #expect(try rows.map { try $0.decode(at: 0) } == [0, 0])
            #expect(try await details(installation, "released") == ["by me@host: test", "by me@host: test"])
        }
    }

    @Test func rowThatItsWorkerHasLockedIsWaitedFor() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki")
            let worker = try coordinator.worker()
            let leases = try await worker.acquire(2).map(\.lease)
            #expect(try await worker.heartbeat(leases) == [.held, .held])
            try await installation.pool.withConnection { busy in
                try await busy.execute("START TRANSACTION")
                _ = try await busy.rows("SELECT job_id FROM jobs WHERE job_id = \(leases[0].job) LOCK IN SHARE MODE")
                async let cancelled = admin.change(.cancel, .everything)
                // Others go on meanwhile.
                try await eventually { try await installation.states().contains("cancelled") }
                #expect(try await installation.states().sorted() == ["cancelled", "leased"])
                _ = try await coordinator.admin().drain(.with { $0.host = "h" })
                try await coordinator.admin().pause("ccwiki")
                try await busy.execute("ROLLBACK")
                #expect(try await cancelled.changed == 2)
            }
            #expect(try await installation.states() == ["cancelled", "cancelled"])
        }
    }

    @Test func jobsWhoseRowsStayLockedAreToldOf() async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.lockedRows = .milliseconds(1)
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki")
            _ = try await admin.start("aawiki")
            let job = try await coordinator.worker().heardLease().job
            _ = try await admin.cancelRun(1)
            try await installation.pool.withConnection { busy in
                try await busy.execute("START TRANSACTION")
                _ = try await busy.rows("SELECT job_id FROM jobs WHERE job_id = \(job) LOCK IN SHARE MODE")
                let changed = try await admin.change(.cancel, .everything)
                #expect(changed.notYet == 1)
                #expect(changed.firstLeftOut.map(\.why) == ["its worker is busy writing; try again"])
                let cancelled = try await admin.cancelRun(2)
                #expect(cancelled.jobsLeft == 1)
                #expect(cancelled.joinsDropped == 0)
                try await busy.execute("ROLLBACK")
            }
            let again = try await admin.cancelRun(2)
            #expect(again.jobsLeft == 0)
            #expect(again.jobsCancelled == 1)
            #expect(try await installation.states() == ["cancelled", "cancelled"])
        }
    }

    @Test func repeatedRequestHasNoSecondEffect() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let raw = try coordinator.raw()
            let session = try await raw.session(Installation.operatorSecret)
            let worker = try coordinator.worker()
            _ = try await worker.lease()
            let body = WireRequest.OneOf_Body.changeJobs(
                .with {
                    $0.verb = .release
                    $0.selection = .everything
                }
            )
            let id = RandomID.random()
            let first = try await raw.send(body, session: session, requestID: id)
            #expect(first.jobsChanged.changed == 1)
            let lease = try await worker.heardLease()
            #expect(try await raw.send(body, session: session, requestID: id) == first)
            #expect(try await worker.heartbeat([lease]) == [.held])
        }
    }

    @Test func manyJobsAreChangedInParts() async throws {
        let wikis = (0..<1203).map { "wiki\($0)" }
        let installation = try await Installation.make(wikis: [])
        let rows = wikis.map { "('\($0)', 'http://x', 'test', 'en', 'f', 0, 0, 0, 'list', NOW(6), NOW(6))" }
        try await installation.execute(
            """
            INSERT INTO wikis (dbname, url, site, lang, family, is_closed, is_private, is_fishbowl, source, first_seen_at,
                observed_at) VALUES \(rows.joined(separator: ", "))
            """
        )
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            #expect(try await admin.start().jobsPlanned == 1203)
            var selection = WireJobSelection.everything
            var counts: [UInt64] = []
            repeat {
                let changed = try await admin.change(.cancel, selection)
                #expect(changed.firstChanged.count == 10)
                counts.append(changed.changed)
                selection.after = changed.moreAfter
            } while selection.after > 0
            #expect(counts == [500, 500, 203])
            #expect(try await admin.status().parkedRequests == 0)
            #expect(try await admin.change(.retry, .everything).changed == 500)
        }
    }

    @Test func selectionsThatMakeNoSenseAreRefused() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            let session = try await raw.session(Installation.operatorSecret)
            let worker = try await raw.session()
            func refusal(
                _ verb: WireChangeJobs.Verb,
                session: Data,
                _ change: (inout WireJobSelection) -> Void
            ) async throws -> WireRefusal.Code? {
                let body = WireChangeJobs.with {
                    $0.verb = verb
                    change(&$0.selection)
                }
                return try await raw.send(.changeJobs(body), session: session).refusalCode
            }
            #expect(try await refusal(.cancel, session: session) { _ in } == .malformed)
            #expect(try await refusal(.unspecified, session: session) { $0.all = true } == .malformed)
            #expect(try await refusal(.retry, session: session) { $0.state = "ready" } == .malformed)
            #expect(try await refusal(.cancel, session: session) { $0.state = "done" } == .malformed)
            #expect(try await refusal(.release, session: session) { $0.state = "leasd" } == .malformed)
            #expect(try await refusal(.cancel, session: session) { $0.jobs = Array(1...1001) } == .malformed)
            for empty: (inout WireJobSelection) -> Void in [
                { $0.run = 0 }, { $0.kind = "" }, { $0.wiki = "" }, { $0.state = "" },
            ] {
                let code = try await refusal(.cancel, session: session) { selection in
                    selection.all = true
                    empty(&selection)
                }
                #expect(code == .malformed)
            }
            let both: (inout WireJobSelection) -> Void = {
                $0.jobs = [1]
                $0.wiki = "aawiki"
            }
            #expect(try await refusal(.cancel, session: session, both) == .malformed)
            #expect(try await refusal(.cancel, session: worker) { $0.all = true } == .forbidden)
        }
    }

    @Test func cancelledRunKeepsWhatAnotherWaitsFor() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let worker = try coordinator.worker()
            _ = try await admin.start("aawiki", "bbwiki")
            let leased = try await worker.heardLease()
            _ = try await admin.start("bbwiki", "ccwiki")
            let first = try await admin.cancelRun(1)
            #expect(first.jobsCancelled == 1)
            #expect(first.jobsKept == 1)
            #expect(first.joinsDropped == 0)
            #expect(try await worker.heartbeat([leased]) == [.lost])
            #expect(try await installation.runStates() == ["cancelled", "active"])
            #expect(try await details(installation, "cancelled") == ["run 1 was cancelled by me@host: test"])
            // Once more, as after a coordinator that died in between.
            #expect(try await admin.cancelRun(1).jobsCancelled == 0)
            // What it had joined nobody waits for any more.
            let second = try await admin.cancelRun(2)
            #expect(second.jobsCancelled == 2)
            #expect(second.joinsDropped == 0)
            #expect(try await installation.states() == ["cancelled", "cancelled", "cancelled"])
            #expect(try await installation.runStates() == ["cancelled", "cancelled"])
            #expect(try await installation.rows("SELECT 1 FROM run_joins").isEmpty)
            #expect(try await admin.change(.retry, .with { $0.run = 1 }).changed == 2)
            #expect(try await installation.runStates() == ["active", "cancelled"])
        }
    }

    @Test func runThatIsOverOrIsNoneIsNotCancelled() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki")
            let worker = try coordinator.worker()
            #expect(try await worker.complete(try await worker.lease()) == [.accepted])
            for run: UInt64 in [1, 7] {
                let error = await #expect(throws: CoordinatorError.self) { _ = try await admin.cancelRun(run) }
                #expect(error?.kind == .refused(.nothingToDo))
            }
        }
    }

    @Test func dependentsFollow() async throws {
        var installation = try await Installation.make()
        let pages = KindSpec(
            kind: JobKind(rawValue: "pages"),
            summary: "a kind that waits for another",
            scope: .wiki(includes: { _ in true }),
            usesWikiAPI: true,
            waitsFor: [.modules],
            checkParameters: { _ in },
            resource: { wiki, _ in .site(wiki?.site ?? "") }
        )
        installation.kinds = KindCatalog([.modules, pages])
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", kinds: ["modules", "pages"])
            #expect(try await installation.states() == ["ready", "waiting"])
            #expect(try await admin.change(.cancel, 1, dryRun: true).changed == 2)
            #expect(try await admin.change(.cancel, 1).changed == 2)
            let alone = try await admin.change(.retry, 2)
            #expect(alone.firstLeftOut.map(\.why) == ["job 1, which it depends on, is cancelled: retry that first"])
            #expect(try await admin.change(.retry, .everything).changed == 2)
            #expect(try await installation.states() == ["ready", "waiting"])
            let worker = try coordinator.worker(kinds: ["modules", "pages"])
            let lease = try await worker.lease()
            #expect(try await worker.complete(lease) == [.accepted])
            #expect(try await worker.lease().job == 2)
        }
    }
}
