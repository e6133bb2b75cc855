import FoundationEssentials
import MariaDB
import TestFleet
import Testing

/// What a run is said to come to, what it then comes to, and what is removed after it, on real wikis.
@Suite(.serialized, .enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct KeepingTests {
    private struct Plan: Decodable {
        let jobs: Int
        let joined: Int
        let requests: Int
        let guessed_requests: Int
        let bytes: Int
        let minutes: Double
        let measured_jobs: Int?
    }

    private func plan(_ fleet: TestFleet, _ more: String...) async throws -> Plan {
        let output = try await fleet.perigee(["run", "modules", "--plan", "--output", "json"] + more).succeeded()
        return try JSONDecoder().decode(Plan.self, from: Data(output.standardOutput.utf8))
    }

    /// What a run did, by the web server's log.
    private func requests(of fleet: TestFleet, on farm: Farm) async throws -> Int {
        let before = try farm.requests(agent: fleet.contact).count
        try await fleet.perigee("run", "modules", "--wait").succeeded()
        return try farm.requests(agent: fleet.contact).count - before
    }

    @Test func aPlanSaysWhatTheRunThenDoes() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with { fleet in
            let coordinator = try await fleet.startCoordinator()
            for name in ["one", "two"] { _ = try await fleet.startWorker(name, slots: 4) }
            try await fleet.syncWikis(from: farm.wikisFile)

            let first = try await plan(fleet)
            let firstRequests = try await requests(of: fleet, on: farm)
            let wikis = try farm.wikis()
            #expect(first.jobs == wikis.count)
            #expect(first.joined == 0)
            #expect(first.guessed_requests == first.requests)
            #expect(first.measured_jobs == nil)
            #expect(try await fleet.number("SELECT COUNT(*) FROM jobs WHERE kind = 'modules'") == first.jobs)
            // Nothing is known before the first run: 300 modules for each wiki.
            expect(first.requests, isWithin: 3, of: firstRequests)

            let second = try await plan(fleet)
            let secondRequests = try await requests(of: fleet, on: farm)
            #expect(second.jobs == first.jobs)
            #expect((second.measured_jobs ?? 0) > 0)
            expect(second.requests, isWithin: 2, of: secondRequests)

            // By now the last run says it all.
            let third = try await plan(fleet)
            #expect(third.guessed_requests == 0)
            let thirdRequests = try await requests(of: fleet, on: farm)
            expect(third.requests, isWithin: 1.2, of: thirdRequests)

            // It needs no coordinator, and plans nothing. What is under way is joined.
            coordinator.signal(9)
            _ = try await coordinator.wait(within: .seconds(20))
            try await fleet.execute(
                """
                UPDATE jobs SET state = 'ready', finished_at = NULL WHERE kind = 'modules' AND wiki = 'aawiki'
                ORDER BY job_id DESC LIMIT 1
                """
            )
            let runs = try await fleet.number("SELECT COUNT(*) FROM runs")
            let fourth = try await plan(fleet)
            #expect(fourth.joined == 1)
            #expect(fourth.jobs == first.jobs - 1)
            #expect(try await plan(fleet, "--wikis", "aawiki").joined == 1)
            #expect(try await fleet.number("SELECT COUNT(*) FROM runs") == runs)
            let table = try await fleet.perigee("run", "modules", "--plan").succeeded().standardOutput
            #expect(table.contains("as the last"))
            #expect(try await fleet.perigee("run", "modules", "--plan", "--wikis", "zzwiki").code == 1)
            #expect(try await fleet.perigee("run", "modules", "--plan", "--wait").code == 64)
        }
    }

    private func expect(
        _ planned: Int,
        isWithin factor: Double,
        of done: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let ratio = Double(planned) / Double(done)
        #expect(ratio <= factor && ratio >= 1 / factor, "\(planned) for \(done)", sourceLocation: sourceLocation)
    }

    @Test func purgedTextStaysAwayUntilThatIsUndone() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one", slots: 8)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            let copied = try #require(
                try await fleet.rows(
                    """
                    SELECT LOWER(HEX(sha256)) AS hash, COUNT(*) AS copies, COUNT(DISTINCT dbname) AS wikis,
                        MIN(CONCAT(dbname, ' ', page_id)) AS page
                    FROM modules WHERE sha256 IS NOT NULL GROUP BY sha256 ORDER BY wikis DESC, hash LIMIT 1
                    """
                ).first
            )
            let (hash, copies, wikis): (String, Int, Int) = (
                try copied.decode("hash"), try copied.decode("copies"), try copied.decode("wikis")
            )
            let page = (try copied.decode("page") as String).split(separator: " ").map(String.init)
            #expect(wikis > 1)
            let byTitle = ["modules", "purge", page[0], "--page-id", page[1]]
            let look = try await fleet.perigee(byTitle + ["--dry-run"]).succeeded().standardOutput
            #expect(look.contains("\(hash)  \(copies) modules on \(wikis) wikis"))
            #expect(look.contains("Only exactly these texts"))
            #expect(try await fleet.perigee(byTitle + ["--yes"]).code == 64)
            #expect(try await fleet.perigee(byTitle + ["--reason", "test"]).code == 64)
            func purged() async throws -> Int {
                try await fleet.number("SELECT COUNT(*) FROM modules WHERE no_source_reason = 'purged'")
            }
            #expect(try await purged() == 0)
            try await fleet.perigee(byTitle + ["--reason", "private data", "--yes"]).succeeded()
            #expect(try await purged() == copies)
            let stored = "SELECT COUNT(*) FROM module_sources WHERE sha256 = UNHEX('\(hash)')"
            #expect(try await fleet.number(stored) == 0)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            // Also where all is fetched anew.
            try await fleet.execute("UPDATE modules SET lastrevid = 0")
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            #expect(try await purged() == copies)
            #expect(try await fleet.number(stored) == 0)

            try await fleet.perigee("modules", "purge", "--sha256", hash, "--undo", "--yes").succeeded()
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            #expect(try await purged() == 0)
            #expect(try await fleet.number(stored) == 1)
            try await fleet.expectHarvest(equals: try await farm.truth())

            let kept = try await fleet.perigee("retention", "--dry-run", "--output", "tsv").succeeded().standardOutput
            #expect(kept.contains("runs\t90\t0\n"))
            try await fleet.perigee("retention").succeeded()
            try await fleet.expectHarvest(equals: try await farm.truth())
        }
    }

    @Test func exportsNameLicenceAndSource() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one", slots: 8)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wikis", "aawiki", "--wait").succeeded()
            let output = try await fleet.perigee("modules", "export", "--format", "jsonl").succeeded().standardOutput
            struct Line: Decodable {
                let license: String
                let license_url: String
                let permalink: String
                let history_url: String
            }
            let line = try #require(output.split(separator: "\n").first)
            let module = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            #expect(module.license == "Creative Commons Attribution-Share Alike 4.0")
            #expect(module.license_url == "https://creativecommons.org/licenses/by-sa/4.0/")
            #expect(module.permalink.hasPrefix("\(farm.base)/aawiki/index.php?oldid="))
            #expect(module.history_url.hasSuffix("&action=history"))
        }
    }
}

// It changes the farm.
extension HarvestTests {
    @Test func textsOfRevisionsThatAreHiddenLaterGo() async throws {
        let farm = try await Farm.own
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one", slots: 8)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            _ = try await farm.edit(count: 80, seed: 11)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            let old = """
                FROM module_history AS h JOIN modules AS m USING (dbname, page_id)
                WHERE h.sha256 IS NOT NULL AND m.deleted_at IS NULL AND m.lastrevid <> h.revid
                """
            let revisions = try await fleet.rows("SELECT h.dbname AS dbname, h.revid AS revid \(old) ORDER BY 1, 2")
            try #require(revisions.count > 3)
            // 1: the text; 8: from administrators too. The third has a hidden user only.
            for (row, bits) in zip(revisions, [1, 9, 4]) {
                let (wiki, revision): (String, UInt64) = (try row.decode("dbname"), try row.decode("revid"))
                try await farm.execute("UPDATE revision SET rev_deleted = \(bits) WHERE rev_id = \(revision)", on: wiki)
            }
            try await fleet.execute("UPDATE module_history SET checked_at = NULL")
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            for (row, reason) in zip(revisions, ["hidden", "suppressed", "shown"]) {
                let (wiki, revision): (String, UInt64) = (try row.decode("dbname"), try row.decode("revid"))
                let found = try await fleet.strings(
                    "SELECT COALESCE(no_source_reason, 'shown') FROM module_history WHERE dbname = ? AND revid = ?",
                    [.string(wiki), .uint(revision)]
                )
                #expect(found == [reason], "\(wiki) \(revision)")
            }
            try await eventually("no source is left that nothing refers to") {
                try await fleet.number(
                    """
                    SELECT COUNT(*) FROM module_sources AS s
                    WHERE NOT EXISTS (SELECT 1 FROM modules AS m WHERE m.sha256 = s.sha256)
                        AND NOT EXISTS (SELECT 1 FROM module_history AS h WHERE h.sha256 = s.sha256)
                    """
                ) == 0
            }
            try await fleet.expectHarvest(equals: try await farm.truth())
        }
    }
}
