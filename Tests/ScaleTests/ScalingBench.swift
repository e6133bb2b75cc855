import PrivateMariaDB
import TestFleet
import Testing

/// What a fleet gets done while it grows and shrinks. `ops/bench/scaling` runs it.
@Suite(.enabled(if: BenchOptions.seconds != nil, "a bench: ops/bench/scaling"), .timeLimit(.minutes(30)))
struct ScalingBench {
    private static let steps = [1, 2, 4, 8, 16, 32, 4]
    private static let slots = 2

    @Test func throughputByWorkers() async throws {
        let seconds = try #require(BenchOptions.seconds)
        // Enough for all of them, whatever the machine can do: 64 slots and 0.3 s a request are 213 a second.
        let wikis = try SlowWikis(600 + seconds * 100, modules: 40, delay: .milliseconds(300), listSize: 10)
        let server = try await PrivateMariaDB.start()
        try await TestFleet.with(["politeness.site_in_flight": "64"], on: server) { fleet in
            _ = try await fleet.startCoordinator()
            let crew = Crew(of: fleet) { _ in Self.slots }
            try await crew.grow(to: 1)
            try await fleet.syncWikis(of: wikis)
            _ = try await fleet.start(["run", "modules"])
            print("workers  jobs at once  requests/s  of what the wikis' slowness allows  modules/s  jobs/s")
            var most = 0
            for count in Self.steps {
                if count > most {
                    try await crew.grow(to: count)
                    try await crew.untilAllHave("completed")
                    most = count
                } else {
                    _ = try await crew.shrink(to: count)
                }
                let rates = try await rates(of: fleet, wikis, over: .seconds(seconds))
                let possible = Double(count * Self.slots) / 0.3
                print(
                    "\(count)".padded(7),
                    "\(count * Self.slots)".padded(12),
                    rates.requests.rounded(to: 1).padded(10),
                    "\((100 * rates.requests / possible).rounded(to: 0)) %".padded(34),
                    rates.modules.rounded(to: 1).padded(9),
                    rates.jobs.rounded(to: 2).padded(6),
                    separator: "  "
                )
            }
            #expect(
                try await fleet.number("SELECT COUNT(*) FROM jobs WHERE state = 'ready'") > 0,
                "there was no more to do"
            )
            #expect(wikis.counts.crowded.isEmpty)
        }
        try await server.stop()
    }

    private func rates(
        of fleet: TestFleet,
        _ wikis: SlowWikis,
        over time: Duration
    ) async throws -> (requests: Double, modules: Double, jobs: Double) {
        func now() async throws -> (ContinuousClock.Instant, Int, Int, Int) {
            (
                .now, wikis.counts.answers,
                try await fleet.number("SELECT COUNT(*) FROM modules WHERE sha256 IS NOT NULL"),
                try await fleet.number("SELECT COUNT(*) FROM jobs WHERE state = 'done'")
            )
        }
        let before = try await now()
        try await Task.sleep(for: time)
        let after = try await now()
        let seconds = (after.0 - before.0) / .seconds(1)
        return (
            Double(after.1 - before.1) / seconds, Double(after.2 - before.2) / seconds,
            Double(after.3 - before.3) / seconds
        )
    }
}
