import Coordinator
import Foundation
import Jobs
import MariaDB
import PrivateMariaDB
import Protocol
import SwiftProtobuf
import TCPForwarder
import Testing

/// A coordinator that waits for the other one to end.
@Suite(.timeLimit(.minutes(3))) struct StandbyTests {
    /// The standby of an installation, which is not to wait long.
    private func standby(of installation: Installation) -> Installation {
        var standby = installation
        standby.settings.listen = "inproc://\(UUID().uuidString)"
        standby.settings.isStandby = true
        return standby
    }

    private func installation(takeover: Duration = .seconds(5)) async throws -> Installation {
        var installation = try await Installation.make()
        installation.settings.takeover = takeover
        return installation
    }

    private func term(_ installation: Installation) async throws -> UInt64 {
        try await installation.rows("SELECT term FROM coordinator_term")[0].decode("term")
    }

    @Test func takesTheTermOfOneThatStopsAtOnce() async throws {
        let installation = try await installation(takeover: .seconds(3600))
        let first = try await installation.start()
        let standby = standby(of: installation)
        async let waiting = standby.start()
        await first.stop()
        #expect(await first.end() == nil)
        let second = try await waiting
        #expect(try await term(installation) == 2)
        #expect(try await second.admin().start("aawiki").jobsPlanned == 1)
        await second.stop()
        let row = try await installation.rows("SELECT renewed_at FROM coordinator_term")[0]
        #expect(try row.decode("renewed_at", as: Timestamp?.self) == nil)
    }

    @Test func waitsForAsLongAsTheOtherRenews() async throws {
        let installation = try await installation()
        let first = try await installation.start()
        let standby = standby(of: installation)
        async let waiting = standby.start()
        let end = ContinuousClock.now + .seconds(8)
        while ContinuousClock.now < end {
            #expect(try await term(installation) == 1)
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await first.admin().start("aawiki").jobsPlanned == 1)
        await first.kill()
        try await waiting.stop()
        #expect(try await term(installation) == 2)
    }

    @Test func jobsGoOnWithTheStandby() async throws {
        let installation = try await installation()
        let first = try await installation.start()
        let standby = standby(of: installation)
        let others = [standby.settings.listen]
        let worker = try first.worker(tryTime: .seconds(2), others: others)
        let admin = try first.admin(others: others)
        _ = try await admin.start("aawiki", "bbwiki", "ccwiki", "ddwiki")
        let (heard, unheard) = (try await worker.heardLease(), try await worker.lease())
        let idle = try first.worker("idle", kinds: ["wikis"], tryTime: .seconds(2), others: others)
        let parked = Task { try await idle.acquire(within: .seconds(120)) }
        try await eventually { try await admin.status().parkedRequests == 1 }
        async let waiting = standby.start()
        await first.kill()
        // All of them are repeated until the standby is there.
        #expect(try await worker.complete(heard, within: .seconds(120)) == [.accepted])
        #expect(try await worker.heartbeat([unheard]) == [.held])
        #expect(try await worker.complete(unheard) == [.accepted])
        #expect(try await worker.lease().attempt == 1)
        let parameters = Data(try WikiSource.api(url: "http://aawiki.test/w").parameters())
        _ = try await admin.start(
            .with {
                $0.kinds = ["wikis"]
                $0.parameters = parameters
            }
        )
        var granted = try await parked.value
        // It may have been sent away without work before the run was planned.
        if granted.isEmpty { granted = try await idle.acquire() }
        #expect(granted.map(\.kind) == ["wikis"])
        let second = try await waiting
        let events = try await installation.rows(
            "SELECT event FROM job_events WHERE event NOT IN ('planned', 'granted')"
        )
        #expect(try events.map { try $0.decode("event") } == ["completed", "completed"])
        await second.stop()
    }

    @Test func repeatAtAnotherCoordinatorHasNoSecondEffect() async throws {
        let installation = try await installation(takeover: .seconds(60))
        let first = try await installation.start()
        let raw = try first.raw()
        let incarnation = RandomID.random()
        func session(_ raw: RawClient, _ secret: Secret) async throws -> Data {
            let answer = try await raw.register(try await raw.nonce(), secret: secret, incarnation: incarnation)
            return answer.registered.session
        }
        let (startID, completeID) = (RandomID.random(), RandomID.random())
        let start = WireRequest.OneOf_Body.startRun(runBody(["aawiki"]))
        let admin = try await raw.session(Installation.operatorSecret)
        let run = try await raw.send(start, session: admin, requestID: startID).runStarted
        let worker = try await session(raw, Installation.workerSecret)
        let acquire = WireRequest.OneOf_Body.acquire(.with { $0.slots = 1 })
        let lease = try #require(try await raw.send(acquire, session: worker).grants.grants.first).lease
        let complete = WireRequest.OneOf_Body.complete(completionBody([lease]))
        #expect(try await raw.send(complete, session: worker, requestID: completeID).rulings == [.accepted])
        await first.kill()

        var next = standby(of: installation)
        next.settings.takeover = .seconds(1)
        let second = try await next.start()
        let again = try second.raw()
        let newAdmin = try await again.session(Installation.operatorSecret)
        #expect(try await again.send(start, session: newAdmin, requestID: startID).runStarted == run)
        let newWorker = try await session(again, Installation.workerSecret)
        #expect(try await again.send(complete, session: newWorker, requestID: completeID).rulings == [.stale])
        #expect(try await installation.story() == ["planned", "granted", "completed"])
        #expect(try await installation.runStates() == ["done"])
        await second.stop()
    }

    @Test func oneThatLosesTheDatabaseGivesWay() async throws {
        var installation = try await installation(takeover: .seconds(6))
        let server = try await PrivateMariaDB.shared
        let forwarder = try TCPForwarder(to: server.port)
        defer { forwarder.close() }
        let standby = standby(of: installation)
        installation.database.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port)
        installation.database.readTimeout = .seconds(12)
        let first = try await installation.start()
        let worker = try first.worker(tryTime: .seconds(2), others: [standby.settings.listen])
        _ = try await first.admin().start("aawiki", "bbwiki")
        let lease = try await worker.heardLease()
        let raw = try first.raw()
        let session = try await raw.session()
        async let waiting = standby.start()
        forwarder.silence()
        // It can't know whether it was deposed: it renews nothing and grants nothing.
        let heartbeat = WireRequest.OneOf_Body.heartbeat(heartbeatBody([]))
        try await eventually {
            let response = try await raw.send(heartbeat, session: session)
            return response.unsure && response.refusalCode == .unavailable
        }
        let acquire = WireRequest.OneOf_Body.acquire(.with { $0.slots = 1 })
        #expect(try await raw.send(acquire, session: session).refusalCode == .unavailable)
        let second = try await waiting
        // The first one answers still, and yet the worker finds the other.
        try await eventually {
            _ = try await worker.heartbeat([lease])
            return try await second.admin().status().workers.map(\.name) == ["worker"]
        }
        #expect(try await worker.heartbeat([lease]) == [.held])
        #expect(try await worker.complete(lease) == [.accepted])
        #expect(try await worker.lease().attempt == 1)
        // Its connections break at last, and it finds itself deposed.
        #expect((await first.end() as? Deposed)?.current == 2)
        let terms = try await installation.rows("SELECT term FROM job_events ORDER BY event_id")
        #expect(try terms.map { try $0.decode(at: 0) } == [1, 1, 1, 2, 2])
        await second.stop()
    }

    @Test func oneOfSeveralStandbysTakesOver() async throws {
        let installation = try await installation()
        let first = try await installation.start()
        try await withThrowingTaskGroup(of: RunningCoordinator.self) { group in
            for _ in 0..<3 {
                let standby = standby(of: installation)
                group.addTask { try await standby.start() }
            }
            await first.kill()
            var last: UInt64 = 1
            for try await running in group {
                last += 1
                let end = ContinuousClock.now + .seconds(6)
                while ContinuousClock.now < end {
                    #expect(try await term(installation) == last)
                    try await Task.sleep(for: .milliseconds(100))
                }
                await running.stop()
                #expect(await running.end() == nil)
            }
            #expect(last == 4)
        }
    }
}
