import Coordinator
import Foundation
import Jobs
import MariaDB
import PrivateMariaDB
import Protocol
import SwiftProtobuf
import Testing

/// The database goes away and comes back.
@Suite(.timeLimit(.minutes(5))) struct OutageTests {
    /// Waits until the coordinator says that it can't write.
    private func unavailable(_ raw: RawClient, _ session: Data) async throws {
        try await eventually {
            try await raw.send(.acquire(.with { $0.slots = 1 }), session: session).refusalCode == .unavailable
        }
    }

    @Test func outageIsToldAndNothingIsLost() async throws {
        let server = try await PrivateMariaDB.start()
        let installation = try await Installation.make(server: server)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki", "bbwiki")
            let worker = try coordinator.worker(tryTime: .milliseconds(200))
            let leases = try await worker.acquire(2).map(\.lease)
            #expect(try await worker.heartbeat(leases) == [.held, .held])
            let raw = try coordinator.raw()
            let session = try await raw.session()
            try await server.kill()
            // One that was asked for before anybody knew. It is repeated all the time.
            async let completed = worker.complete(leases[0], within: .seconds(240))
            try await unavailable(raw, session)
            // More repeats than there are contexts: what waits mustn't keep the others from being served.
            let impatient = WireRequest.OneOf_Body.complete(completionBody([leases[1]]))
            #expect(try await raw.send(impatient, session: session).refusalCode == .unavailable)
            // The one whose completion is decided, though not written, is the worker's no more.
            for _ in 1...20 { #expect(try await worker.heartbeat(leases) == [.lost, .held]) }
            #expect(try await raw.register(try await raw.nonce()).refusalCode == .unavailable)
            try await server.start()
            let outcomes = try await completed
            #expect(outcomes == [.accepted])
            #expect(try await worker.heartbeat([leases[1]]) == [.held])
            #expect(try await worker.complete(leases[1]) == [.accepted])
            #expect(try await installation.story("aawiki") == ["planned", "granted", "completed"])
            #expect(try await installation.story("bbwiki") == ["planned", "granted", "completed"])
            #expect(try await installation.runStates() == ["done"])
        }
        try await server.stop()
    }

    @Test func requestsThatWaitForTheDatabaseLeaveRoomForOthers() async throws {
        let server = try await PrivateMariaDB.start()
        let installation = try await Installation.make(server: server)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let raw = try coordinator.raw()
            let session = try await raw.session()
            let acquire = WireRequest.OneOf_Body.acquire(.with { $0.slots = 1 })
            let lease = try await raw.send(acquire, session: session).grants.grants[0].lease
            let complete = WireRequest.OneOf_Body.complete(completionBody([lease]))
            let id = RandomID.random()
            // More requests than a replier serves at once.
            let others = try (0..<25).map { _ in try coordinator.raw() }
            for other in others { _ = try await other.nonce() }
            try await server.kill()
            let waiting = Task {
                try await withThrowingTaskGroup(of: WireResponse.self) { group in
                    for other in others {
                        for _ in 0..<4 {
                            group.addTask { try await other.send(complete, session: session, requestID: id) }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            try await unavailable(raw, session)
            let heartbeat = WireRequest.OneOf_Body.heartbeat(heartbeatBody([]))
            #expect(try await raw.send(heartbeat, session: session).refusalCode == nil)
            try await server.start()
            let answers = try await waiting.value
            #expect(answers.count == 100)
            #expect(answers.allSatisfy { $0 == answers[0] })
            #expect(answers[0].rulings == [.accepted])
            #expect(try await installation.story() == ["planned", "granted", "completed"])
        }
        try await server.stop()
    }

    @Test func leaseThatRanOutInAnOutageIsNobodysFault() async throws {
        let server = try await PrivateMariaDB.start()
        var installation = try await Installation.make(server: server)
        installation.settings.dispatch.lease = .seconds(5)
        installation.settings.dispatch.firstLease = .seconds(60)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let worker = try coordinator.worker()
            let lease = try await worker.heardLease()
            // The silence of the worker, which is cut off along with the database. Nobody writes meanwhile.
            let ended = ContinuousClock.now + .seconds(5)
            try await server.kill()
            try await Task.sleep(until: ended + .seconds(1))
            try await server.start()
            #expect(try await worker.heartbeat([lease]) == [.held])
            #expect(try await worker.complete(lease) == [.accepted])
            #expect(try await installation.story() == ["planned", "granted", "completed"])
        }
        try await server.stop()
    }

    @Test func whatTheDatabaseHasForgottenIsDoneAgain() async throws {
        let server = try await PrivateMariaDB.start()
        var installation = try await Installation.make(server: server)
        installation.settings.dispatch.lease = .seconds(1)
        installation.settings.dispatch.firstLease = .seconds(60)
        installation.settings.intervals.workerNotes = .milliseconds(50)
        installation.settings.intervals.catchUp = .milliseconds(50)
        try await installation.run { coordinator in
            _ = try await coordinator.admin().start("aawiki")
            let worker = try coordinator.worker()
            let lease = try await worker.lease()
            let columns = "state, lease_id, worker, finished_at, counts"
            try await installation.execute("CREATE TABLE before_end AS SELECT job_id, \(columns) FROM jobs")
            #expect(try await worker.complete(lease) == [.accepted])
            // The end is forgotten, as by a server that doesn't flush each commit. It tells its age in seconds.
            try await installation.execute("UPDATE runs SET state = 'active', finished_at = NULL")
            try await installation.execute(
                """
                UPDATE jobs JOIN before_end AS b USING (job_id) SET jobs.state = b.state, jobs.lease_id = b.lease_id,
                    jobs.worker = b.worker, jobs.finished_at = b.finished_at, jobs.counts = b.counts
                """
            )
            try await Task.sleep(for: .seconds(3))
            try await server.kill()
            try await server.start()
            let again = try await worker.acquire(1, wait: .seconds(30))
            #expect(again.map(\.lease.attempt) == [2])
            #expect(try await worker.complete(again[0].lease) == [.accepted])
            #expect(try await installation.runStates() == ["done"])
        }
        try await server.stop()
    }

    @Test func coordinatorStopsWhileTheDatabaseIsAway() async throws {
        let server = try await PrivateMariaDB.start()
        let installation = try await Installation.make(server: server)
        let coordinator = try await installation.start()
        _ = try await coordinator.admin().start("aawiki")
        let worker = try coordinator.worker()
        let lease = try await worker.heardLease()
        let raw = try coordinator.raw()
        let session = try await raw.session()
        try await server.kill()
        let completing = Task { try await worker.complete(lease) }
        try await unavailable(raw, session)
        await coordinator.stop()
        completing.cancel()
        await #expect(throws: CancellationError.self) { try await completing.value }
        try await server.start()
        #expect(try await installation.states() == ["leased"])
        try await server.stop()
    }
}
