import Coordinator
import Foundation
import Jobs
import MariaDB
import Protocol
import Testing

/// Jobs for wikis of which a stream has told changes.
@Suite(.timeLimit(.minutes(3))) struct ChangesTests {
    private func installation() async throws -> Installation {
        var installation = try await Installation.make()
        installation.settings.intervals.changes = .milliseconds(50)
        installation.settings.following.wait = .milliseconds(100)
        try await installation.execute("UPDATE wikis SET walked_at = NOW(6), walk_result = 'walked'")
        return installation
    }

    private func note(_ wikis: String..., in installation: Installation, secondsAgo: Int = 10) async throws {
        for wiki in wikis {
            try await installation.execute(
                """
                INSERT INTO wiki_changes VALUES ('\(wiki)', UTC_TIMESTAMP(6) - INTERVAL \(secondsAgo) SECOND, 1)
                ON DUPLICATE KEY UPDATE events = events + 1
                """
            )
        }
    }

    private func follow(_ coordinator: RunningCoordinator) async throws {
        _ = try await coordinator.admin().client.send(
            .startRun(runBody([], kinds: ["follow"])),
            within: .seconds(20)
        )
    }

    private func jobs(_ installation: Installation) async throws -> [String] {
        try await installation.rows(
            "SELECT CONCAT_WS(' ', wiki, shard, state) AS line FROM jobs WHERE kind = 'modules' ORDER BY job_id"
        ).map { try $0.decode("line") }
    }

    @Test func hintsBecomeJobsOfOneRun() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            try await note("bbwiki", in: installation)
            try await follow(coordinator)
            let worker = try coordinator.worker()
            let first = try await worker.acquire()
            #expect(first.map(\.wiki) == ["bbwiki"])
            #expect(first.map(\.shard) == [ModulesParameters.changedShard])
            #expect(try first.allSatisfy { try ModulesParameters(parameters: Array($0.parameters)).changed })
            // The next event comes while the job is under way: its wiki has to be looked at once more.
            try await note("bbwiki", "ccwiki", in: installation)
            let second = try await worker.acquire()
            #expect(second.map(\.wiki) == ["ccwiki"])
            try await installation.execute("DELETE FROM wiki_changes WHERE dbname = 'ccwiki'")
            #expect(try await worker.complete(first[0].lease, second[0].lease) == [.accepted, .accepted])
            let third = try await worker.acquire()
            #expect(third.map(\.wiki) == ["bbwiki"])
            try await installation.execute("DELETE FROM wiki_changes")
            #expect(try await worker.complete(third[0].lease) == [.accepted])
            #expect(
                try await jobs(installation) == ["bbwiki changed done", "ccwiki changed done", "bbwiki changed done"]
            )
            // One run for the stream, one for the jobs, but at midnight.
            let runs = try await installation.rows("SELECT run_id FROM runs WHERE kinds = 'modules'").count
            #expect((1...2).contains(runs))
            #expect(try await installation.runStates().first == "active")
            #expect(try await installation.runStates().dropFirst().allSatisfy { $0 == "done" })
        }
    }

    @Test func nothingIsPlannedWithoutAFollowerOrForWikisNobodyHasWalked() async throws {
        let installation = try await installation()
        try await installation.execute("UPDATE wikis SET walked_at = NULL WHERE dbname = 'aawiki'")
        try await installation.execute("UPDATE wikis SET is_private = 1 WHERE dbname = 'ddwiki'")
        try await installation.run { coordinator in
            try await note("aawiki", "bbwiki", "ddwiki", in: installation)
            #expect(try await coordinator.worker().acquire(4, wait: .seconds(1)).isEmpty)
            try await follow(coordinator)
            #expect(try await coordinator.worker().acquire(4).map(\.wiki) == ["bbwiki"])
            #expect(try await jobs(installation) == ["bbwiki changed leased"])
        }
    }

    @Test func fewWikisAtATime() async throws {
        var installation = try await installation()
        installation.settings.following.jobs = 2
        try await installation.run { coordinator in
            try await note("aawiki", "bbwiki", in: installation, secondsAgo: 30)
            try await note("ccwiki", "ddwiki", in: installation)
            try await follow(coordinator)
            try await eventually { try await jobs(installation).count == 2 }
            let worker = try coordinator.worker()
            var left = ["aawiki", "bbwiki", "ccwiki", "ddwiki"]
            while !left.isEmpty {
                let grant = try #require(try await worker.acquire().first)
                #expect(left.prefix(2).contains(grant.wiki))
                left.removeAll { $0 == grant.wiki }
                try await installation.execute("DELETE FROM wiki_changes WHERE dbname = '\(grant.wiki)'")
                #expect(
                    try await installation.rows("SELECT 1 FROM jobs WHERE kind = 'modules' AND active = 1").count <= 2
                )
                #expect(try await worker.complete(grant.lease) == [.accepted])
            }
        }
    }

    @Test func givenUpJobsAreLeftAloneForAWhile() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            try await follow(coordinator)
            try await note("aawiki", in: installation)
            let worker = try coordinator.worker()
            #expect(try await worker.fail(try await worker.lease(), permanent: true) == [.accepted])
            try await note("bbwiki", in: installation)
            #expect(try await worker.acquire().map(\.wiki) == ["bbwiki"])
            #expect(try await jobs(installation) == ["aawiki changed failed", "bbwiki changed leased"])
            try await installation.execute(
                "UPDATE jobs SET finished_at = finished_at - INTERVAL 1 HOUR WHERE wiki = 'aawiki'"
            )
            #expect(try await worker.acquire().map(\.wiki) == ["aawiki"])
        }
    }

    @Test func followingTwiceJoins() async throws {
        let installation = try await installation()
        try await installation.run { coordinator in
            try await follow(coordinator)
            try await follow(coordinator)
            #expect(try await installation.rows("SELECT 1 FROM jobs WHERE kind = 'follow'").count == 1)
            #expect(try await installation.rows("SELECT 1 FROM run_joins").count == 1)
        }
    }
}
