import Coordinator
import Foundation
import Jobs
import MariaDB
import Protocol
import Testing

/// Workers that die: leases run out.
@Suite(.timeLimit(.minutes(3))) struct LeaseTests {
    /// Leases are short from their first heartbeat on, long before it.
    private func installation() async throws -> Installation {
        var installation = try await Installation.make()
        installation.settings.dispatch.lease = .milliseconds(600)
        installation.settings.dispatch.firstLease = .seconds(60)
        return installation
    }

    private func job(_ installation: Installation) async throws -> (state: String, losses: Int, attempt: Int) {
        let row = try await installation.rows("SELECT state, losses, attempt FROM jobs")[0]
        return (try row.decode("state"), try row.decode("losses"), try row.decode("attempt"))
    }

    @Test func unheardLeaseGoesBackWithoutALoss() async throws {
        var installation = try await Installation.make()
        installation.settings.dispatch.lease = .milliseconds(300)
        installation.settings.dispatch.firstLease = .milliseconds(300)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let dead = try coordinator.worker("dead")
            // More often than a loss may happen.
            for times in 1...4 {
                _ = try await dead.lease()
                try await installation.wait(for: "unheard", times: times)
            }
            let job = try await job(installation)
            #expect(job == ("ready", 0, 4))
        }
    }

    @Test func heardLeaseGoesBackWithALoss() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let dead = try coordinator.worker("dead")
            let lease = try await dead.heardLease()
            try await installation.wait(for: "lost")
            let lost = try await job(installation)
            #expect(lost == ("ready", 1, 1))
            #expect(try await dead.heartbeat([lease]) == [.lost])
            #expect(try await dead.complete(lease) == [.stale])
            let next = try await coordinator.worker("next").lease()
            #expect(next.attempt == 2)
            #expect(try await installation.story() == ["planned", "granted", "lost", "granted"])
        }
    }

    @Test func heartbeatsKeepALease() async throws {
        var installation = try await installation()
        // So long that heartbeats come in time on a slow machine.
        installation.settings.dispatch.lease = .seconds(8)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let (alive, dead) = (try coordinator.worker("alive"), try coordinator.worker("dead"))
            let (kept, given) = (try await alive.heardLease(), try await dead.heardLease())
            // The other one's lease has run out since: so would this one's have.
            let beats = Task {
                var rulings = Set<WireVerdict.Ruling>()
                while !Task.isCancelled { rulings.formUnion(try await alive.heartbeat([kept])) }
                return rulings
            }
            try await installation.wait(for: "lost", of: "bbwiki")
            beats.cancel()
            _ = given
            #expect(try await installation.story("aawiki") == ["planned", "granted"])
        }
    }

    @Test func thirdLossInARowQuarantines() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let dead = try coordinator.worker("dead")
            for times in 1...2 {
                _ = try await dead.heardLease()
                try await installation.wait(for: "lost", times: times)
            }
            _ = try await dead.heardLease()
            try await installation.wait(for: "quarantined")
            let job = try await job(installation)
            #expect(job == ("quarantined", 3, 3))
            #expect(try await installation.runStates() == ["failed"])
            #expect(try await dead.acquire(wait: .zero).isEmpty)
        }
    }

    @Test func checkpointThatMovesForgivesLosses() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let dead = try coordinator.worker("dead")
            for times in 1...4 {
                let wire = try await dead.heardLease()
                let id = try #require(RandomID(bytes: wire.leaseID))
                let lease = Lease(job: JobID(rawValue: wire.job), attempt: wire.attempt, id: id)
                let writer = LeaseWriter(pool: installation.pool, lease: lease)
                let next = try await (writer.lastCheckpoint()?.sequence ?? 0) + 1
                let checkpoint = Checkpoint(sequence: next, state: "{}", itemsDone: 1, itemsExpected: 0)
                // On a slow machine the lease may be over already: then it's one more loss, but no third in a row.
                try await writer.commit(checkpoint, within: .seconds(10)) { _ in }
                try await installation.wait(for: "lost", times: times)
            }
            let job = try await job(installation)
            #expect(job == ("ready", 1, 4))
        }
    }

    @Test func writerInMidTransactionIsNotReapedAndHoldsUpNobody() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let dead = try coordinator.worker("dead")
            let grants = try await dead.acquire(2)
            let locked = grants[0]
            try await installation.pool.withConnection { connection in
                try await connection.execute("START TRANSACTION")
                _ = try await connection.rows(
                    "SELECT job_id FROM jobs WHERE job_id = \(locked.lease.job) LOCK IN SHARE MODE"
                )
                #expect(try await dead.heartbeat(grants.map(\.lease)) == [.held, .held])
                try await installation.wait(for: "lost", of: grants[1].wiki)
                #expect(try await installation.story(locked.wiki) == ["planned", "granted"])
                #expect(try await coordinator.worker("next").lease().job == grants[1].lease.job)
                try await connection.execute("ROLLBACK")
            }
            try await eventually { try await installation.story(locked.wiki).count == 3 }
        }
    }

    @Test func workersAreNotedAsAlive() async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.workerNotes = .milliseconds(50)
        try await installation.run { coordinator in
            let worker = try coordinator.worker("w1")
            _ = try await worker.heartbeat([])
            func row() async throws -> Row { try await installation.rows("SELECT * FROM workers")[0] }
            let registered = try await row()
            #expect(try registered.decode("state") == "running")
            #expect(try registered.decode("kinds") == "modules,wikis")
            #expect(try registered.decode("software") == "1.2.3")
            let seen: Timestamp = try registered.decode("seen_at")
            try await eventually { try await row().decode("seen_at", as: Timestamp.self) > seen }
        }
    }
}
