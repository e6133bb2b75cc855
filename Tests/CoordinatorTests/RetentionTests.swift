import Coordinator
import Crypto
import Foundation
import MariaDB
import Protocol
import SwiftProtobuf
import Testing

/// What is kept only for a time, and what isn't to be kept.
@Suite(.timeLimit(.minutes(2))) struct RetentionTests {
    /// A run that ended so many days ago, with a job for each wiki, each with an event, a checkpoint.
    private func layRun(_ number: Int, endedDaysAgo days: Int, in installation: Installation, jobs: Int = 2)
        async throws
    {
        let end = "NOW(6) - INTERVAL \(days) DAY"
        try await installation.execute(
            """
            INSERT INTO runs SET run_id = \(number), state = 'done', kinds = 'modules', requested_by = 'test',
                request_id = UNHEX(MD5(\(number))), created_at = \(end), planned_at = \(end), finished_at = \(end)
            """
        )
        for job in 0..<jobs {
            let id = number * 1000 + job
            try await installation.execute(
                """
                INSERT INTO jobs SET job_id = \(id), run_id = \(number), state = 'done', kind = 'modules', wiki = 'w\(id)',
                    resource = 'site:test', created_at = \(end), changed_at = \(end), finished_at = \(end)
                """
            )
            try await installation.execute(
                "INSERT INTO job_events SET job_id = \(id), at = \(end), event = 'planned', attempt = 0, term = 1"
            )
            try await installation.execute(
                """
                INSERT INTO checkpoints SET job_id = \(id), sequence = 1, attempt = 1, lease_id = UNHEX(MD5(1)),
                    state = '{}', written_at = \(end)
                """
            )
        }
    }

    private func numbers(_ table: String, _ column: String, in installation: Installation) async throws -> [Int] {
        try await installation.rows("SELECT DISTINCT \(column) FROM \(table) ORDER BY 1").map { try $0.decode(at: 0) }
    }

    @Test func whatIsTooOldGoesAndNothingElse() async throws {
        let installation = try await Installation.make()
        try await layRun(1, endedDaysAgo: 100, in: installation, jobs: 130)
        try await layRun(2, endedDaysAgo: 100, in: installation)
        try await layRun(3, endedDaysAgo: 40, in: installation)
        try await layRun(4, endedDaysAgo: 1, in: installation)
        // A run that is kept has joined a job of an old one.
        try await installation.execute("INSERT INTO run_joins SET run_id = 4, job_id = 2000")
        for (name, state, days) in [("old", "left", 50), ("new", "lost", 5), ("here", "running", 90)] {
            try await installation.execute(
                """
                INSERT INTO workers SET incarnation = UNHEX(MD5('\(name)')), name = '\(name)', state = '\(state)',
                    host = 'h', pid = 1, software = 's', kinds = 'modules', slots = 1,
                    registered_at = NOW(6) - INTERVAL \(days) DAY, seen_at = NOW(6) - INTERVAL \(days) DAY
                """
            )
        }
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let planned = try await admin.keep(dryRun: true)
            #expect(planned["runs"] == 1)
            #expect(planned["events"] == 134)
            #expect(planned["workers"] == 1)
            #expect(try await numbers("runs", "run_id", in: installation) == [1, 2, 3, 4])

            let removed = try await admin.keep()
            #expect(removed["runs"] == 1)
            // Those of the first run went with it.
            #expect(removed["events"] == 4)
            #expect(removed["workers"] == 1)
            #expect(try await numbers("runs", "run_id", in: installation) == [2, 3, 4])
            let jobs = [2000, 2001, 3000, 3001, 4000, 4001]
            #expect(try await numbers("jobs", "job_id", in: installation) == jobs)
            #expect(try await numbers("checkpoints", "job_id", in: installation) == jobs)
            #expect(try await numbers("job_events", "job_id", in: installation) == [4000, 4001])
            let names = try await installation.rows("SELECT name FROM workers ORDER BY name")
            #expect(try names.map { try $0.decode("name") } == ["here", "new"])
            #expect(try await admin.keep().values.max() == 0)
        }
    }

    @Test func forEverIsForEver() async throws {
        var installation = try await Installation.make()
        for item in RetentionSettings.Item.allCases { installation.settings.retention[item] = 0 }
        try await layRun(1, endedDaysAgo: 5000, in: installation)
        let running = try await installation.start()
        let removed = try await running.admin().keep()
        await running.stop()
        #expect(removed.values.max() == 0)
        #expect(try await numbers("runs", "run_id", in: installation) == [1])
    }

    @Test func sourcesGoSoonAfterTheirLastReference() async throws {
        let installation = try await Installation.make()
        try await installation.execute(
            """
            INSERT INTO module_sources SET sha256 = UNHEX(SHA2('x', 256)), sha1 = UNHEX(SHA1('x')), length = 1,
                source = 'x', first_seen_at = NOW(6)
            """
        )
        try await installation.execute(
            "INSERT INTO unlinked_sources SET sha256 = UNHEX(SHA2('x', 256)), since = NOW(6)"
        )
        try await installation.run { _ in
            try await eventually { try await numbers("module_sources", "length", in: installation).isEmpty }
            try await eventually { try await numbers("unlinked_sources", "1", in: installation).isEmpty }
        }
    }

    @Test func purgeIsRememberedAndGoneOnWith() async throws {
        let installation = try await Installation.make()
        for (page, wiki) in ["aawiki", "bbwiki"].enumerated() {
            try await installation.execute(
                """
                INSERT INTO modules SET dbname = '\(wiki)', page_id = \(page + 1), title = 'A', lastrevid = 1,
                    content_model = 'Scribunto', length = 1, sha256 = UNHEX(SHA2('x', 256)), is_redirect = 0,
                    first_seen_at = NOW(6), observed_at = NOW(6), walk = 1
                """
            )
        }
        let hash = Data(SHA256.hash(data: Data("x".utf8)))
        func purged() async throws -> [Int] {
            try await numbers("modules WHERE no_source_reason = 'purged'", "page_id", in: installation)
        }
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let planned = try await admin.purge([hash], dryRun: true)
            #expect(planned.sources.map(\.modules) == [2])
            #expect(planned.sources.map(\.wikis) == [2])
            #expect(try await purged().isEmpty)
            await #expect(throws: CoordinatorError.self) { try await admin.purge([hash], reason: "") }
            await #expect(throws: CoordinatorError.self) { try await admin.purge([Data([1, 2])]) }
            await #expect(throws: CoordinatorError.self) { try await admin.purge([]) }
            #expect(try await admin.purge([hash]).finished)
            #expect(try await purged() == [1, 2])
            let row = try #require(try await installation.rows("SELECT purged_by, reason FROM purged_sources").first)
            #expect(try row.decode("purged_by") == "me@host")
            #expect(try row.decode("reason") == "test")
        }
        // A coordinator died before it was through.
        try await installation.execute(
            "UPDATE modules SET sha256 = UNHEX(SHA2('x', 256)), no_source_reason = NULL, purged_sha256 = NULL"
        )
        try await installation.execute("UPDATE purged_sources SET finished_at = NULL")
        try await installation.run { coordinator in
            try await eventually { try await purged() == [1, 2] }
            let undone = try await coordinator.admin().purge([hash], undo: true, reason: "")
            #expect(undone.sources.map(\.wasPurged) == [true])
            #expect(try await numbers("purged_sources", "1", in: installation).isEmpty)
        }
    }
}

extension FakeOperator {
    /// What was removed, or would be, by name.
    fileprivate func keep(dryRun: Bool = false) async throws -> [String: UInt64] {
        let keep = WireKeepRetention.with {
            $0.dryRun = dryRun
            $0.requestedBy = "me@host"
        }
        let response = try await client.send(.keepRetention(keep), within: .seconds(60), parking: .seconds(60))
        guard case .retentionKept(let kept) = response.body, !kept.more else {
            throw UnexpectedAnswer(response: response)
        }
        return Dictionary(kept.counts.map { ($0.name, $0.count) }, uniquingKeysWith: +)
    }

    @discardableResult
    fileprivate func purge(
        _ hashes: [Data],
        undo: Bool = false,
        dryRun: Bool = false,
        reason: String = "test"
    ) async throws -> WireSourcesPurged {
        let purge = WirePurgeSources.with {
            $0.sha256 = hashes
            $0.undo = undo
            $0.dryRun = dryRun
            $0.reason = reason
            $0.requestedBy = "me@host"
        }
        let response = try await client.send(.purgeSources(purge), within: .seconds(60), parking: .seconds(60))
        guard case .sourcesPurged(let purged) = response.body else { throw UnexpectedAnswer(response: response) }
        return purged
    }
}
