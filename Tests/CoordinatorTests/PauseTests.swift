import Coordinator
import Foundation
import Jobs
import MariaDB
import Protocol
import SwiftProtobuf
import Testing

/// What operators pause, and what is paused because it goes wrong everywhere.
@Suite(.timeLimit(.minutes(3))) struct PauseTests {
    private func targets(_ installation: Installation) async throws -> [String] {
        try await installation.rows("SELECT CONCAT(scope, ':', name) AS target FROM pauses ORDER BY scope, name")
            .map { try $0.decode("target") }
    }

    @Test(arguments: [("modules", "kind:modules"), ("aawiki", "wiki:aawiki"), ("site:test", "site:test")])
    func whatIsPausedIsNotGrantedUntilItIsResumed(_ name: String, _ target: String) async throws {
        let installation = try await Installation.make(wikis: ["aawiki"])
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let pause = try await admin.pause(name)
            #expect("\(pause.scope):\(pause.name)" == target)
            #expect(pause.untilUnixMilliseconds == 0)
            #expect(try await targets(installation) == [target])
            _ = try await admin.start("aawiki")
            let worker = try coordinator.worker()
            #expect(try await worker.acquire(wait: .zero).isEmpty)
            #expect(try await admin.status().pauses == [pause])
            async let granted = worker.acquire()
            try await eventually { try await admin.status().parkedRequests == 1 }
            #expect(try await admin.resume(target) == pause)
            let grants = try await granted
            #expect(grants.map(\.lease.attempt) == [1])
            #expect(try await admin.status().pauses == [])
            #expect(try await targets(installation) == [])
        }
    }

    @Test func whatIsLeasedGoesOn() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki")
            let worker = try coordinator.worker()
            let lease = try await worker.heardLease()
            try await admin.pause("modules")
            #expect(try await worker.heartbeat([lease]) == [.held])
            #expect(try await worker.complete(lease) == [.accepted])
        }
    }

    @Test func pauseOutlivesTheCoordinator() async throws {
        let installation = try await Installation.make()
        let first = try await installation.start()
        try await first.admin().pause("kind:modules") { $0.forMilliseconds = 3_600_000 }
        await first.kill()
        try await installation.run { second in
            let admin = try second.admin()
            let pauses = try await admin.status().pauses
            #expect(pauses.map(\.name) == ["modules"])
            #expect(pauses.map(\.pausedBy) == ["me@host"])
            #expect(pauses.map(\.reason) == ["test"])
            _ = try await admin.start("aawiki")
            let worker = try second.worker()
            #expect(try await worker.acquire(wait: .zero).isEmpty)
            try await admin.resume("modules")
            #expect(try await worker.acquire().count == 1)
        }
    }

    @Test func pauseEndsByItself() async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.pauses = .milliseconds(50)
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            try await admin.pause("aawiki") { $0.forMilliseconds = 1500 }
            try await admin.pause("test") {
                $0.untilUnixMilliseconds = Int64(Date().timeIntervalSince1970 * 1000) + 1500
            }
            _ = try await admin.start("aawiki")
            #expect(try await coordinator.worker().acquire().count == 1)
            #expect(try await admin.status().pauses == [])
            try await eventually { try await targets(installation) == [] }
        }
    }

    @Test func namesAndTimesThatMakeNoSenseAreRefused() async throws {
        let installation = try await Installation.make()
        try await installation.addWiki("modules")
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            func refusal(_ name: String, _ change: (inout WirePause) -> Void = { _ in }) async -> CoordinatorError? {
                await #expect(throws: CoordinatorError.self) { try await admin.pause(name, change) }
            }
            let unknown = await refusal("aawki")
            #expect(unknown?.kind == .refused(.nothingToDo))
            #expect(unknown?.detail == "there is no kind, wiki or site \"aawki\"")
            #expect(await refusal("kind:aawiki")?.detail == "there is no kind \"aawiki\"")
            #expect(await refusal("modules")?.detail == "modules may be kind:modules or wiki:modules: say which")
            #expect(await refusal("aawiki") { $0.untilUnixMilliseconds = 1 }?.kind == .refused(.malformed))
            #expect(await refusal("aawiki") { $0.untilUnixMilliseconds = .max }?.kind == .refused(.malformed))
            let notPaused = await #expect(throws: CoordinatorError.self) { try await admin.resume("aawiki") }
            #expect(notPaused?.detail == "aawiki isn't paused; nothing is")
            try await admin.pause("wiki:modules")
            try await admin.pause("kind:modules")
            let either = await #expect(throws: CoordinatorError.self) { try await admin.resume("modules") }
            #expect(either?.kind == .refused(.malformed))
            try await admin.resume("wiki:modules")
            #expect(try await admin.resume("modules").scope == "kind")
        }
    }

    @Test func sameErrorOnManyWikisPausesTheKind() async throws {
        var installation = try await Installation.make()
        installation.settings.errors.wikis = 3
        installation.settings.quotas = Quotas(siteInFlight: 9, siteRequestsPerMinute: nil)
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start()
            let worker = try coordinator.worker()
            let grants = try await worker.acquire(4)
            #expect(grants.count == 4)
            for grant in grants.prefix(2) { #expect(try await worker.fail(grant.lease) == [.accepted]) }
            #expect(try await admin.status().pauses == [])
            #expect(try await worker.fail(grants[2].lease) == [.accepted])
            let pause = try #require(try await admin.status().pauses.first)
            #expect("\(pause.scope):\(pause.name)" == "kind:modules")
            #expect(pause.automatic)
            #expect(pause.pausedBy == "coordinator")
            #expect(pause.reason == "the same error on 3 wikis: HTTP 500")
            #expect(pause.untilUnixMilliseconds - pause.pausedAtUnixMilliseconds == 600_000)
            try await eventually { try await targets(installation) == ["kind:modules"] }
            // What is under way goes on, and no job was given up.
            #expect(try await worker.complete(grants[3].lease) == [.accepted])
            #expect(try await installation.states().sorted() == ["done", "ready", "ready", "ready"])
            #expect(try await admin.resume("modules") == pause)
        }
    }

    @Test func tableIsBroughtToWhatWasAnswered() async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.pauses = .milliseconds(50)
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            try await admin.pause("kind:modules")
            _ = try await admin.drain(.with { $0.host = "h" }, reason: "why")
            // As a database that has forgotten its last commits, and one whose answers to others were lost.
            for statement in [
                "DELETE FROM pauses", "DELETE FROM cordons",
                "INSERT INTO pauses VALUES ('wiki', 'aawiki', NULL, '', 'me', NOW(6), 0)",
                "INSERT INTO cordons (target, name, since, requested_by, reason) VALUES ('worker', 'w', NOW(6), 'me', '')",
            ] {
                try await installation.execute(statement)
            }
            try await eventually { try await targets(installation) == ["kind:modules"] }
            try await eventually {
                try await installation.rows("SELECT CONCAT(target, ':', name, ' ', reason) FROM cordons")
                    .map { try $0.decode(at: 0) as String } == ["host:h why"]
            }
            #expect(try await admin.status().pauses.map(\.name) == ["modules"])
        }
    }

    @Test func pauseThatOnlyTheTableHasIsRemovedByResuming() async throws {
        var installation = try await Installation.make()
        installation.settings.intervals.pauses = .seconds(3600)
        try await installation.execute(
            "INSERT INTO pauses VALUES ('wiki', 'z', '2020-01-01', '', 'me', '2020-01-01', 0)"
        )
        try await installation.run { coordinator in
            // Until the coordinator has looked at the table, and doesn't again.
            try await eventually { try await targets(installation) == [] }
            try await coordinator.admin().pause("bbwiki")
            try await coordinator.admin().resume("bbwiki")
            try await installation.execute("INSERT INTO pauses VALUES ('wiki', 'aawiki', NULL, '', 'me', NOW(6), 0)")
            let error = await #expect(throws: CoordinatorError.self) {
                try await coordinator.admin().resume("aawiki")
            }
            #expect(error?.kind == .refused(.nothingToDo))
            #expect(try await targets(installation) == [])
        }
    }

    @Test func anOperatorsPauseThatIsBeingWrittenHolds() async throws {
        var installation = try await Installation.make()
        installation.settings.errors.wikis = 2
        // The term's row is locked while the pause waits for its own.
        installation.settings.takeover = .seconds(3600)
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start()
            let worker = try coordinator.worker()
            let grants = try await worker.acquire(2)
            try await installation.pool.withConnection { busy in
                try await busy.execute("START TRANSACTION")
                try await busy.execute("INSERT INTO pauses VALUES ('kind', 'modules', NULL, '', 'x', NOW(6), 0)")
                async let paused = admin.pause("modules")
                try await eventually {
                    try await installation.rows(
                        "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'INSERT INTO pauses%' AND db = DATABASE()"
                    ).count == 1
                }
                for grant in grants { #expect(try await worker.fail(grant.lease) == [.accepted]) }
                #expect(try await admin.status().pauses.map(\.automatic) == [true])
                try await busy.execute("ROLLBACK")
                _ = try await paused
            }
            // Written after what the coordinator wanted.
            try await admin.pause("aawiki")
            #expect(try await admin.status().pauses.map(\.automatic) == [false, false])
            let rows = try await installation.rows("SELECT automatic FROM pauses")
            #expect(try rows.map { try $0.decode(at: 0) } == [0, 0])
        }
    }

    @Test func onlySoManyThingsArePaused() async throws {
        let installation = try await Installation.make()
        try await installation.execute(
            """
            INSERT INTO pauses (scope, name, until, reason, paused_by, paused_at, automatic)
            SELECT 'wiki', CONCAT('w', seq), NULL, '', 'me', NOW(6), 0 FROM seq_1_to_999
            UNION ALL SELECT 'wiki', CONCAT('old', seq), '2020-01-01', '', 'me', '2020-01-01', 0 FROM seq_1_to_2000
            """
        )
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            async let first = admin.pause("aawiki")
            async let second = admin.pause("bbwiki")
            let outcomes = [try? await first, try? await second]
            #expect(outcomes.count { $0 == nil } == 1)
            #expect(try await admin.status().pauses.count == 1000)
        }
    }

    @Test func anOperatorsLongerPauseHolds() async throws {
        var installation = try await Installation.make()
        installation.settings.errors.wikis = 2
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start()
            let worker = try coordinator.worker()
            let grants = try await worker.acquire(2)
            let pause = try await admin.pause("modules")
            for grant in grants { #expect(try await worker.fail(grant.lease) == [.accepted]) }
            #expect(try await admin.status().pauses == [pause])
        }
    }
}
