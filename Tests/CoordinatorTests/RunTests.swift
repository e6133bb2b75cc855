import Coordinator
import Foundation
import Jobs
import MariaDB
import PrivateMariaDB
import Protocol
import SwiftProtobuf
import TCPForwarder
import Testing

/// What operators ask for.
@Suite(.timeLimit(.minutes(3))) struct RunTests {
    @Test func runPlansAJobForEachWiki() async throws {
        let installation = try await Installation.make()
        try await installation.addWiki("private", isPrivate: true)
        try await installation.run { coordinator in
            let started = try await coordinator.admin().start()
            #expect(started.run == 1)
            #expect(started.jobsPlanned == 4)
            #expect(started.jobsJoined == 0)
            #expect(try await installation.states() == ["ready", "ready", "ready", "ready"])
            #expect(try await installation.runStates() == ["active"])
        }
    }

    @Test func secondRunJoinsWhatIsUnderWay() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki")
            let worker = try coordinator.worker()
            let lease = try await worker.lease()
            let second = try await admin.start("aawiki", "bbwiki")
            #expect(second.jobsPlanned == 1)
            #expect(second.jobsJoined == 1)
            #expect(try await worker.complete(lease) == [.accepted])
            #expect(try await worker.complete(try await worker.lease()) == [.accepted])
            #expect(try await installation.runStates() == ["done", "done"])
        }
    }

    @Test func repeatOfARequestGetsItsRun() async throws {
        let installation = try await Installation.make()
        let request = WireRequest.OneOf_Body.startRun(runBody(["aawiki", "bbwiki"]))
        let id = RandomID.random()
        try await installation.run { coordinator in
            let raw = try coordinator.raw()
            let session = try await raw.session(Installation.operatorSecret)
            let first = try await raw.send(request, session: session, requestID: id)
            #expect(first.runStarted.jobsPlanned == 2)
            #expect(try await raw.send(request, session: session, requestID: id) == first)
            let worker = try coordinator.worker()
            let grants = try await worker.acquire(2)
            #expect(try await worker.complete(grants[0].lease) == [.accepted])
            // No cache knows the request in another session.
            let other = try await raw.session(Installation.operatorSecret)
            #expect(try await raw.send(request, session: other, requestID: id).runStarted == first.runStarted)
            #expect(try await worker.complete(grants[1].lease) == [.accepted])
        }
        // However late, and with a wiki that isn't there any more.
        try await installation.execute("DELETE FROM wikis WHERE dbname = 'bbwiki'")
        try await installation.run { coordinator in
            let raw = try coordinator.raw()
            let session = try await raw.session(Installation.operatorSecret)
            let late = try await raw.send(request, session: session, requestID: id)
            #expect(late.runStarted.run == 1)
            #expect(late.runStarted.jobsPlanned == 2)
        }
        #expect(try await installation.states() == ["done", "done"])
        #expect(try await installation.runStates() == ["done"])
    }

    @Test func runsThatCannotBeStartedAreRefused() async throws {
        let installation = try await Installation.make()
        try await installation.addWiki("private", isPrivate: true)
        try await installation.run { coordinator in
            let raw = try coordinator.raw()
            let session = try await raw.session(Installation.operatorSecret)
            func refusal(_ body: WireStartRun) async throws -> (code: WireRefusal.Code?, message: String) {
                let response = try await raw.send(.startRun(body), session: session)
                return (response.refusalCode, response.refusal.message)
            }
            let unknownKind = try await refusal(runBody(["aawiki"], kinds: ["moduls"]))
            #expect(unknownKind.code == .unknownKind)
            #expect(unknownKind.message == #"there is no kind "moduls"; the kinds are wikis, modules, follow"#)
            let unknownWiki = try await refusal(runBody(["aawiki", "zzwiki"]))
            #expect(unknownWiki.code == .unknownWiki)
            #expect(unknownWiki.message.contains("zzwiki") && !unknownWiki.message.contains("aawiki"))
            let privateWiki = try await refusal(runBody(["aawiki", "private"]))
            #expect(privateWiki.code == .nothingToDo)
            #expect(privateWiki.message == "these wikis can't be worked on: private; they are private")
            #expect(try await refusal(runBody(["aawiki"], kinds: [])).code == .nothingToDo)
            let family = WireStartRun.with {
                $0.kinds = ["modules"]
                $0.family = "no such family"
            }
            #expect(try await refusal(family).code == .nothingToDo)
            var parameters = runBody(["aawiki"])
            parameters.parameters = Data("{}".utf8)
            #expect(try await refusal(parameters).code == .malformed)
            #expect(try await installation.runStates().isEmpty)
        }
    }

    @Test func listsFromOtherSourcesAreNotTheSameJob() async throws {
        try await Installation.make().run { coordinator in
            let admin = try coordinator.admin()
            var started: [WireRunStarted] = []
            for parameters in [
                #"{"api":{"url":"https://one.example/w"}}"#, #"{"api":{"url":"https://one.example/w"}}"#,
                #"{"api":{"url":"https://two.example/w"}}"#, #"{"meta":{}}"#,
            ] {
                var body = runBody([], kinds: ["wikis"])
                body.parameters = Data(parameters.utf8)
                started.append(try await admin.start(body))
            }
            #expect(started.map(\.jobsPlanned) == [1, 0, 1, 1])
            #expect(started.map(\.jobsJoined) == [0, 1, 0, 0])
            #expect(try await coordinator.worker().acquire(4).count == 3)
        }
    }

    @Test(arguments: ["WHERE job_id IN (", "UPDATE runs SET state = 'active'", "INSERT INTO jobs"])
    func planningThatIsBrokenOffIsFinished(at statement: String) async throws {
        let forwarder = try TCPForwarder(to: try await PrivateMariaDB.shared.port)
        defer { forwarder.close() }
        var installation = try await Installation.make()
        installation.database.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port)
        installation.settings.intervals.catchUp = .milliseconds(50)
        try await installation.run { coordinator in
            forwarder.setFault(.cutAt(statement))
            let started = try await coordinator.admin().start("aawiki", "bbwiki")
            #expect(started.jobsPlanned == 2)
            #expect(forwarder.hasNoFault)
            let worker = try coordinator.worker()
            var leases: [WireLease] = []
            while leases.count < 2 { leases += try await worker.acquire(2).map(\.lease) }
            #expect(try await worker.complete(leases[0], leases[1]) == [.accepted, .accepted])
            #expect(try await installation.runStates() == ["done"])
        }
    }

    @Test func kindThatIsNamedTwiceIsPlannedOnce() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let kinds = [String](repeating: "modules", count: 300)
            let started = try await coordinator.admin().start("aawiki", kinds: kinds)
            #expect(started.jobsPlanned == 1)
        }
    }

    @Test func runsAtTheSameTimeShareTheirJobs() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let started = try await withThrowingTaskGroup(of: WireRunStarted.self) { group in
                for _ in 1...8 { group.addTask { try await admin.start() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(started.map(\.run)).count == 8)
            #expect(started.map(\.jobsPlanned).reduce(0, +) == 4)
            #expect(started.map(\.jobsJoined).reduce(0, +) == 28)
            #expect(try await installation.states().count == 4)
        }
    }

    @Test func runThatWasLeftHalfPlannedIsPlannedAtTheStart() async throws {
        let installation = try await Installation.make()
        try await installation.execute(
            """
            INSERT INTO runs (state, kinds, wikis, requested_by, request_id, created_at)
            VALUES ('planning', 'modules', '["aawiki"]', 'me', REPEAT('a', 16), NOW(6)),
                ('planning', 'gone', NULL, 'me', REPEAT('b', 16), NOW(6))
            """
        )
        try await installation.run { coordinator in
            #expect(try await installation.runStates() == ["active", "failed"])
            let grants = try await coordinator.worker().acquire(4)
            #expect(grants.map(\.wiki) == ["aawiki"])
            #expect(grants.map(\.run) == [1])
        }
    }
}
