import Foundation
import TestFleet
import Testing
import WikiSimulator

/// A fleet on thirty simulated wikis: without faults the tables equal them; with a fault they do too, or a row or a job says
/// why not, and no rule of politeness is broken.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SimulatedHarvestTests {
    private static let inFlight = 8
    /// The others hear of a hold with their next heartbeat.
    private static let settings: TestFleet.Settings = [
        "coordinator.heartbeat_seconds": "1", "politeness.site_per_minute": "0",
        "politeness.site_in_flight": "\(inFlight)",
    ]
    private static let spread = 5000

    /// Runs a walk over all wikis while faults are on.
    /// - Returns: what the run ended with.
    private func walk(_ fleet: TestFleet, _ simulator: WikiSimulator) async throws -> Output {
        _ = try await fleet.startCoordinator()
        for name in ["one", "two"] { _ = try await fleet.startWorker(name, slots: 4) }
        let file = "\(fleet.directory)/wikis.tsv"
        try simulator.wikisFile().write(toFile: file, atomically: true, encoding: .utf8)
        try await fleet.syncWikis(from: file)
        return try await fleet.perigee("run", "modules", "--wait")
    }

    private func expectManners(_ simulator: WikiSimulator, _ fault: Fault?) {
        let report = simulator.report(.init(siteInFlight: Self.inFlight, sitePerMinute: nil, spread: Self.spread))
        #expect(report.isClean, "\(fault.debugDescription): \(report)")
        #expect(report.requests > 60)
    }

    /// The pages of the wikis of `isMeant`, as the tables have to have them.
    private func truth(
        _ simulator: WikiSimulator,
        where isMeant: (SimulatedWiki) -> Bool = { _ in true }
    ) -> [Farm.PageKey: Farm.Page] {
        var truth: [Farm.PageKey: Farm.Page] = [:]
        for index in 0..<simulator.family.count where isMeant(simulator.family[index]) {
            for page in simulator.expectedPages(of: index) {
                truth[Farm.PageKey(dbname: page.dbname, pageID: UInt64(page.pageID))] = Farm.Page(
                    title: page.title,
                    lastRevisionID: UInt64(page.lastRevisionID),
                    contentModel: page.contentModel,
                    length: page.length,
                    sha1: page.sha1,
                    isRedirect: page.isRedirect
                )
            }
        }
        return truth
    }

    @Test func tablesEqualTheWikisThroughEdits() async throws {
        let simulator = try await WikiSimulator.start(SimulatorSettings(.small, seed: 11))
        try await TestFleet.with(Self.settings) { fleet in
            try await walk(fleet, simulator).succeeded()
            try await fleet.expectHarvest(equals: truth(simulator))
            simulator.edit(count: 300)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            try await fleet.expectHarvest(equals: truth(simulator))
            try await fleet.expectAllDone()
            let reasons = Set(
                (0..<30).flatMap(simulator.expectedPages).map { page in
                    "\(page.dbname) \(page.pageID) \(page.reason ?? "")"
                }
            )
            let rows = try await fleet.strings(
                """
                SELECT CONCAT(dbname, ' ', page_id, ' ', COALESCE(no_source_reason, '')) FROM modules
                WHERE deleted_at IS NULL
                """
            )
            #expect(Set(rows) == reasons)
        }
        expectManners(simulator, nil)
        try await simulator.stop()
    }

    /// Faults that pass: the second question about pages meets them, on every seventh wiki.
    private static let passing: [Fault] = [
        .tooManyRequests(retryAfter: 8), .maxlag(seconds: 6), .httpError(status: 503, retryAfter: 2),
        .httpError(status: 500, retryAfter: nil), .resetAfter(bytes: 900), .cutAfter(bytes: 900), .truncatedGzip,
        .halfJSON, .garbage, .foreignJSON, .close, .reset, .badContinue, .wrongContentType,
        .latency(milliseconds: 50),
    ]

    @Test(arguments: passing) func tablesEqualTheWikisAfter(_ fault: Fault) async throws {
        var settings = SimulatorSettings(.small, seed: 12)
        settings.faults = [FaultRule(fault, wikis: .every(7, offset: 0), kinds: [.list, .content], from: 2, to: 2)]
        let simulator = try await WikiSimulator.start(settings)
        try await TestFleet.with(Self.settings) { fleet in
            try await walk(fleet, simulator).succeeded()
            try await fleet.expectHarvest(equals: truth(simulator))
            try await fleet.expectAllDone()
        }
        #expect(simulator.requests().contains { $0.fault == fault.name || fault.name == "latency" })
        expectManners(simulator, fault)
        try await simulator.stop()
    }

    /// Faults that don't pass: the job ends with a message, and the other wikis are harvested.
    private static let lasting: [Fault] = [
        .redirectLoop, .redirectElsewhere(url: "http://other.invalid/"), .captivePortal,
        .apiError(code: "readapidenied"), .oversized(bytes: 70 << 20), .badContinue,
    ]

    @Test(arguments: lasting) func aReasonIsGivenFor(_ fault: Fault) async throws {
        var settings = SimulatorSettings(.small, seed: 13)
        settings.faults = [FaultRule(fault, wikis: .these([4]))]
        let simulator = try await WikiSimulator.start(settings)
        try await TestFleet.with(Self.settings) { fleet in
            let output = try await walk(fleet, simulator)
            #expect(output.code == 1)
            let name = simulator.family[4].dbname
            let failed = try await fleet.strings("SELECT wiki FROM jobs WHERE state = 'failed'")
            #expect(failed == [name])
            let reasons = try await fleet.strings("SELECT last_error FROM jobs WHERE state = 'failed'")
            #expect(reasons.allSatisfy { $0.contains(name) })
            try await fleet.expectHarvest(equals: truth(simulator) { $0.index != 4 })
        }
        expectManners(simulator, fault)
        try await simulator.stop()
    }
}
