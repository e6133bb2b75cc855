import TestFleet
import Testing

/// The main job on real wikis. These tests change the farm, so it's a copy, and they run one after the other.
@Suite(.serialized, .enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct HarvestTests {
    /// What a run did at the web server.
    private func run(_ fleet: TestFleet, on farm: Farm) async throws -> [Farm.Request] {
        let before = try farm.requests(agent: fleet.contact).count
        try await fleet.perigee("run", "modules", "--wait").succeeded()
        return Array(try farm.requests(agent: fleet.contact).dropFirst(before))
    }

    @Test func tablesEqualTheWikisThroughEdits() async throws {
        let farm = try await Farm.own
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            for name in ["one", "two", "three"] { _ = try await fleet.startWorker(name, slots: 4) }
            try await fleet.syncWikis(from: farm.wikisFile)

            var truth = try await farm.truth()
            let first = try await run(fleet, on: farm)
            try await fleet.expectHarvest(equals: truth)
            try await fleet.expectReasons(for: truth)
            expectBudget(of: first, before: [:], truth: truth)
            expectManners(of: first, fleet)

            let harvested = try await fleet.harvest()
            let actions = Set(try await farm.edit(count: 120, seed: 7))
            let expected: Set = [
                "edit", "create", "move", "moveout", "movein", "delete", "undelete", "recreate", "model", "hide",
            ]
            #expect(actions == expected)
            truth = try await farm.truth()
            let second = try await run(fleet, on: farm)
            try await fleet.expectHarvest(equals: truth)
            try await fleet.expectReasons(for: truth)
            expectBudget(of: second, before: harvested, truth: truth)
            expectManners(of: second, fleet)

            let third = try await run(fleet, on: farm)
            #expect(third.filter(\.asksForContent).isEmpty)
            for (wiki, requests) in Dictionary(grouping: third, by: \.wiki) {
                let listed = truth.keys.count { $0.dbname == wiki }
                #expect(requests.count == 1 + parts(listed, of: 500), "\(wiki)")
            }
            try await fleet.expectAllDone()
        }
    }

    /// 1 per 500 listed, 1 per 50 changed, 1 per answer cut by size, 1 per 50 vanished, and at most 2 per wiki.
    private func expectBudget(
        of requests: [Farm.Request],
        before: [Farm.PageKey: Farm.Page],
        truth: [Farm.PageKey: Farm.Page]
    ) {
        let byWiki = Dictionary(grouping: requests, by: \.wiki)
        #expect(Set(byWiki.keys) == Set(truth.keys.map(\.dbname)))
        for (wiki, requests) in byWiki {
            let pages = truth.filter { $0.key.dbname == wiki }
            let changed = pages.count { key, page in page.hasText && before[key] != page }
            let vanished = before.keys.count { $0.dbname == wiki && truth[$0] == nil }
            let budget =
                parts(pages.count, of: 500) + parts(changed, of: 50) + parts(vanished, of: 50)
                + requests.count(where: \.continuesCutAnswer) + 2
            #expect(
                requests.count <= budget,
                "\(wiki): \(pages.count) listed, \(changed) changed, \(vanished) vanished"
            )
        }
    }

    private func expectManners(of requests: [Farm.Request], _ fleet: TestFleet) {
        for (wiki, requests) in Dictionary(grouping: requests, by: \.wiki) {
            #expect(requests.mostInFlight == 1, "\(wiki)")
        }
        for request in requests {
            #expect(request.agent.hasPrefix("Perigee/"))
            #expect(request.agent.contains(" (\(fleet.contact); bot) libcurl/"))
            #expect(request.encoding == "gzip" || !request.asksForContent)
            #expect(request.uri.contains("maxlag=5"))
            #expect(request.status == 200)
        }
    }
}
