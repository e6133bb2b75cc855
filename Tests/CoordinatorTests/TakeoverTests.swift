import Coordinator
import Foundation
import Jobs
import MariaDB
import NNG
import Protocol
import SwiftProtobuf
import Testing

/// One coordinator after the other, and two at once.
@Suite(.timeLimit(.minutes(3))) struct TakeoverTests {
    @Test func restartInMidRunLosesNothing() async throws {
        let installation = try await Installation.make()
        let first = try await installation.start()
        let worker = try first.worker()
        let other = try first.worker("other")
        _ = try await first.admin().start("aawiki", "bbwiki", "ccwiki")
        let heard = try await worker.heardLease()
        let unheard = try await worker.lease()
        await first.kill()
        try await installation.run { second in
            // The clients know nothing of it: UNKNOWN_SESSION makes them register again.
            #expect(try await worker.heartbeat([heard, unheard]) == [.held, .held])
            #expect(try await other.lease().attempt == 1)
            #expect(try await worker.complete(heard) == [.accepted])
            #expect(try await worker.complete(unheard) == [.accepted])
            #expect(try await installation.story("aawiki") == ["planned", "granted", "completed"])
            let terms = try await installation.rows("SELECT term FROM job_events WHERE job_id = \(heard.job)")
            #expect(try terms.map { try $0.decode(at: 0) } == [1, 1, 2])
            #expect(try await second.admin().status().workers.map(\.name) == ["other", "worker"])
        }
    }

    @Test func requestUnderWayOutlivesARestart() async throws {
        let installation = try await Installation.make()
        let first = try await installation.start()
        let admin = try first.admin()
        let worker = try first.worker(tryTime: .seconds(2))
        let acquiring = Task { try await worker.acquire(within: .seconds(120)) }
        try await eventually { try await admin.status().parkedRequests == 1 }
        await first.kill()
        try await installation.run { second in
            _ = try await second.admin().start("aawiki")
            // The first coordinator may have ended it with no grants, which is a normal answer.
            var granted = try await acquiring.value
            if granted.isEmpty { granted = try await worker.acquire() }
            #expect(granted.map(\.wiki) == ["aawiki"])
        }
    }

    @Test func leaseOfAWorkerThatDiedMeanwhileIsNoLoss() async throws {
        var installation = try await Installation.make()
        installation.settings.dispatch.lease = .seconds(1)
        installation.settings.takeover = .seconds(1)
        installation.settings.dispatch.firstLease = .seconds(60)
        let first = try await installation.start()
        _ = try await first.admin().start("aawiki")
        _ = try await first.worker().heardLease()
        await first.kill()
        try await installation.run { second in
            try await eventually { try await installation.story().count > 2 }
            #expect(try await installation.story().filter { $0 == "lost" }.count <= 1)
            #expect(try await second.worker("next").lease().attempt == 2)
        }
    }

    @Test(arguments: [true, false]) func nothingIsTakenBackThatTheDeposedMayRenew(isDeposed: Bool) async throws {
        var installation = try await Installation.make()
        installation.settings.dispatch.lease = .milliseconds(300)
        installation.settings.dispatch.firstLease = .milliseconds(300)
        installation.settings.takeover = .seconds(3600)
        let first = try await installation.start()
        _ = try await first.admin().start("aawiki")
        _ = try await first.worker().heardLease()
        if isDeposed { await first.kill() } else { await first.stop() }
        try await installation.run { second in
            if isDeposed {
                try await Task.sleep(for: .seconds(2))
                #expect(try await installation.states() == ["leased"])
            } else {
                #expect(try await second.worker("next").lease().attempt == 2)
            }
        }
    }

    @Test func workersThatDoNotComeBackAreCalledLost() async throws {
        var installation = try await Installation.make()
        installation.settings.dispatch.lease = .milliseconds(500)
        installation.settings.takeover = .seconds(1)
        let first = try await installation.start()
        let (gone, stays) = (try first.worker("gone"), try first.worker("stays"))
        _ = try await (gone.heartbeat([]), stays.heartbeat([]))
        await first.kill()
        try await installation.run { _ in
            _ = try await stays.heartbeat([])
            try await eventually {
                let rows = try await installation.rows("SELECT name FROM workers WHERE state = 'lost'")
                return try rows.map { try $0.decode(at: 0) } == ["gone"]
            }
        }
    }

    @Test(arguments: [true, false]) func secondCoordinatorDeposesTheFirst(hasWorker: Bool) async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.workerNotes = .milliseconds(100)
        let first = try await installation.start()
        if hasWorker { _ = try await first.worker().heartbeat([]) }
        installation.settings.listen = "inproc://\(UUID().uuidString)"
        try await installation.run { second in
            let end = await first.end() as? Deposed
            #expect(end?.term == 1)
            #expect(end?.current == 2)
            let started = try await second.admin().start("aawiki")
            #expect(started.jobsPlanned == 1)
        }
    }

    @Test func deposedCoordinatorSaysSoAndChangesNothing() async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.workerNotes = .seconds(3600)
        let requests: [@Sendable (RawClient, Data, Data, WireLease) async throws -> WireResponse] = [
            { raw, _, _, _ in try await raw.register(try await raw.nonce()) },
            { raw, worker, _, _ in try await raw.send(.acquire(.with { $0.slots = 1 }), session: worker) },
            { raw, worker, _, lease in try await raw.send(.complete(completionBody([lease])), session: worker) },
            { raw, worker, _, _ in try await raw.send(.bye(WireBye()), session: worker) },
            { raw, _, admin, _ in try await raw.send(.startRun(runBody(["ccwiki"])), session: admin) },
        ]
        for request in requests {
            installation.settings.listen = "inproc://\(UUID().uuidString)"
            // What the rounds before have left, which isn't what this is about.
            for table in ["jobs", "runs", "job_events"] { try await installation.execute("DELETE FROM \(table)") }
            let first = try await installation.start()
            let raw = try first.raw()
            let (worker, admin) = (try await raw.session(), try await raw.session(Installation.operatorSecret))
            _ = try await raw.send(.startRun(runBody(["aawiki", "bbwiki"])), session: admin)
            let grants = try await raw.send(.acquire(.with { $0.slots = 1 }), session: worker).grants.grants
            installation.settings.listen = "inproc://\(UUID().uuidString)"
            try await installation.run { _ in
                let tables = ["jobs", "runs", "job_events", "workers"]
                var before: [[[Value]]] = []
                for table in tables {
                    before.append(try await installation.rows("SELECT * FROM \(table) ORDER BY 1").map(\.values))
                }
                #expect(try await request(raw, worker, admin, grants[0].lease).refusalCode == .deposed)
                #expect(await first.end() is Deposed)
                for (table, values) in zip(tables, before) {
                    let after = try await installation.rows("SELECT * FROM \(table) ORDER BY 1").map(\.values)
                    #expect(after == values, "\(table)")
                }
            }
        }
    }

    @Test(arguments: [true, false]) func coordinatorThatCannotListenDeposesNobody(tls: Bool) async throws {
        var installation = try await Installation.make(tls: tls)
        try await installation.run { first in
            installation.settings.listen = first.address
            let second = installation
            let error = await #expect(throws: NNGError.self) { try await second.start() }
            #expect(error?.code == .addressInUse)
            let term = try await installation.rows("SELECT term FROM coordinator_term")[0].values
            #expect(term == [.uint(1)])
            let rulings = try await first.worker().heartbeat([])
            #expect(rulings.isEmpty)
        }
    }

    @Test func coordinatorThatStopsKeepsLeases() async throws {
        let installation = try await Installation.make()
        let first = try await installation.start()
        _ = try await first.admin().start("aawiki")
        _ = try await first.worker().heardLease()
        await first.stop()
        #expect(await first.end() == nil)
        #expect(try await installation.states() == ["leased"])
    }
}
