import MariaDB
import TestFleet
import Testing

/// What has changed, by the lists of changes of real wikis.
extension HarvestTests {
    @Test func changesLeaveTheRowsOfAWalk() async throws {
        let farm = try await Farm.own
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            for name in ["one", "two"] { _ = try await fleet.startWorker(name, slots: 4) }
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            for seed in [11, 12, 13] {
                let actions = Set(try await farm.edit(count: 120, seed: seed))
                #expect(actions.isSuperset(of: ["edit", "create", "move", "delete", "undelete", "recreate", "hide"]))
                let truth = try await farm.truth()
                let requests = try await run(fleet, on: farm, "--changed")
                try await fleet.expectHarvest(equals: truth)
                try await fleet.expectReasons(for: truth)
                #expect(requests.allSatisfy { !$0.uri.contains("generator=allpages") })
                #expect(requests.count <= 6 * 2)
                let fresh = try await TestFleet.rowsOfAWalk(on: farm)
                #expect(try await fleet.moduleRows() == fresh)
            }
            // A walk finds nothing more, neither there nor gone.
            let before = try await fleet.moduleRows(includingDeleted: true)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            #expect(try await fleet.moduleRows(includingDeleted: true) == before)
            // All of it is in the window again, and nothing has to be fetched but for what logs told.
            let wikis = try farm.wikis()
            let quiet = try await run(fleet, on: farm, "--changed")
            #expect(quiet.count <= 2 * wikis.count)
            try await fleet.expectAllDone()
        }
    }

    @Test func quietWikisCostOneRequest() async throws {
        let farm = try await Farm.own
        try await TestFleet.with(["changes.overlap_minutes": "1"]) { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one", slots: 6)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            // What lies within the overlap is older then.
            for wiki in try farm.wikis() {
                try await farm.execute(
                    """
                    UPDATE recentchanges SET rc_timestamp = DATE_FORMAT(rc_timestamp - INTERVAL 1 DAY, '%Y%m%d%H%i%S');
                    UPDATE logging SET log_timestamp = DATE_FORMAT(log_timestamp - INTERVAL 1 DAY, '%Y%m%d%H%i%S')
                    """,
                    on: wiki
                )
            }
            let quiet = try await run(fleet, on: farm, "--changed")
            #expect(quiet.count == (try farm.wikis().count))
            #expect(quiet.allSatisfy { $0.uri.contains("list=recentchanges") })

            // Nobody knows any more what has changed.
            try await fleet.execute("UPDATE wikis SET changes_until = changes_until - INTERVAL 26 DAY")
            let walk = try await run(fleet, on: farm, "--changed")
            let walked = walk.filter { $0.uri.contains("generator=allpages") }.map(\.wiki)
            #expect(Set(walked) == Set(try farm.wikis()))
            #expect(
                try await fleet.number("SELECT COUNT(*) FROM jobs WHERE JSON_VALUE(counts, '$.walked_for_age') = 1")
                    == (try farm.wikis().count)
            )
            let afterwards = try await run(fleet, on: farm, "--changed")
            #expect(afterwards.count == (try farm.wikis().count))
            try await fleet.expectAllDone()
        }
    }

    @Test func wikiWithoutScribuntoCostsOneRequest() async throws {
        let farm = try await Farm.own
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one")
            try await fleet.syncWikis(from: farm.extraFile)
            for _ in 0..<3 {
                let requests = try await run(fleet, on: farm, "--changed")
                #expect(requests.count == 1)
            }
            #expect(try await fleet.number("SELECT COUNT(*) FROM modules") == 0)
            try await fleet.expectAllDone()
        }
    }

    /// What a run did at the web server.
    private func run(_ fleet: TestFleet, on farm: Farm, _ options: String...) async throws -> [Farm.Request] {
        let before = try farm.requests(agent: fleet.contact).count
        try await fleet.perigee(["run", "modules", "--wait"] + options).succeeded()
        return Array(try farm.requests(agent: fleet.contact).dropFirst(before))
    }
}

extension TestFleet {
    /// The rows of pages, with all that doesn't depend on when they were looked at.
    func moduleRows(includingDeleted: Bool = false) async throws -> [String] {
        try await strings(
            """
            SELECT CONCAT_WS('|', dbname, page_id, HEX(title), lastrevid, IFNULL(revised_at, '-'), content_model, length,
                IFNULL(HEX(sha256), '-'), IFNULL(no_source_reason, '-'), is_redirect, IFNULL(HEX(redirect_target), '-'),
                deleted_at IS NULL) AS line
            FROM modules WHERE \(includingDeleted ? "TRUE" : "deleted_at IS NULL") ORDER BY dbname, page_id
            """
        )
    }

    /// The rows that a first walk by another fleet leaves.
    static func rowsOfAWalk(on farm: Farm) async throws -> [String] {
        var rows: [String] = []
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("fresh", slots: 6)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            rows = try await fleet.moduleRows()
        }
        return rows
    }
}
