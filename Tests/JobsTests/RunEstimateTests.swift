import Jobs
import Testing

/// What a run is expected to come to.
@Suite struct RunEstimateTests {
    private func wiki(_ name: String, modules: UInt64, isWalked: Bool = true) -> WikiFacts {
        WikiFacts(
            dbname: name,
            site: "test",
            family: "wikipedia",
            isPrivate: false,
            knownModules: modules,
            isWalked: isWalked
        )
    }

    private func cost(_ wiki: WikiFacts, last: [String: UInt64]? = nil) -> JobCost {
        KindSpec.modules.cost(CostBasis(wiki: wiki, last: last))
    }

    @Test func firstWalksAreGuessed() {
        // 300 modules: the wiki, one part of the list, six requests for texts.
        let unknown = cost(wiki("a", modules: 0, isWalked: false))
        #expect(unknown.requests == 8)
        #expect(unknown.guessedRequests == 8)
        #expect(unknown.bytes > 300_000)
        let without = cost(wiki("a", modules: 0))
        #expect(without.requests == 1)
        #expect(without.guessedRequests == 0)
    }

    @Test func theLastWalkCorrectsTheNext() {
        let first: [String: UInt64] = ["requests": 14, "bytes": 900_000, "listed": 600, "fetched": 600, "new": 600]
        let afterFirst = cost(wiki("a", modules: 600), last: first)
        // One page in a hundred is taken for changed, and said to be a guess: 1 + 2 + 1.
        #expect(afterFirst.requests == 4)
        #expect(afterFirst.guessedRequests == 1)
        let quiet: [String: UInt64] = ["requests": 3, "bytes": 30_000, "listed": 600, "fetched": 0]
        #expect(cost(wiki("a", modules: 600), last: quiet) == JobCost(requests: 3, bytes: 30_000))
        // Answers were cut, at twenty texts each, and so they will be.
        let cut: [String: UInt64] = ["requests": 5, "bytes": 90_000, "listed": 600, "fetched": 40]
        #expect(cost(wiki("a", modules: 600), last: cut).requests == 5)
        // Twice as many modules by now: two more parts of the list.
        #expect(cost(wiki("a", modules: 1200), last: quiet).requests == 4)
        let none: [String: UInt64] = ["requests": 1, "bytes": 900, "listed": 0]
        #expect(cost(wiki("a", modules: 0), last: none) == JobCost(requests: 1, bytes: 900))
    }

    private func jobs(_ requests: [UInt64], site: String = "test") -> [RunEstimate.PlannedJob] {
        requests.enumerated().map { index, count in
            RunEstimate.PlannedJob(
                kind: .modules,
                wiki: "\(site)\(index)",
                resource: .site(site),
                cost: JobCost(requests: count, bytes: 1000 * count, guessedRequests: 1)
            )
        }
    }

    @Test func theTightestLimitTellsTheTime() {
        let latency = RunEstimate.Latency.measured(.milliseconds(200), jobs: 9)
        func estimate(_ requests: [UInt64], _ quotas: Quotas, slots: Int = 0) -> RunEstimate {
            RunEstimate(jobs(requests), quotas: quotas, latency: latency, slots: slots)
        }
        let even = Array(repeating: UInt64(10), count: 36)
        let minute = estimate(even, Quotas(siteInFlight: 3, siteRequestsPerMinute: 180))
        #expect(minute.time == .seconds(120))
        #expect(minute.bound == .requestsPerMinute)
        let flight = estimate(even, Quotas(siteInFlight: 3, siteRequestsPerMinute: nil))
        #expect(flight.time == .seconds(24))
        #expect(flight.bound == .inFlight)
        let large = estimate([1000, 10, 10], Quotas(siteInFlight: 8, siteRequestsPerMinute: nil))
        #expect(large.time == .seconds(200))
        #expect(large.bound == .oneWiki)
        let slots = estimate(even, Quotas(siteInFlight: 8, siteRequestsPerMinute: nil), slots: 1)
        #expect(slots.time == .seconds(72))
        #expect(slots.bound == .workerSlots)
        #expect(slots.requests == 360)
        #expect(slots.bytes == 360_000)
        #expect(slots.guessedRequests == 36)
    }

    @Test func sitesGoSideBySideAndJoinedJobsCostNothing() {
        let joined = RunEstimate.PlannedJob(kind: .modules, wiki: "x", resource: .site("test"), cost: nil)
        let estimate = RunEstimate(
            jobs([60]) + jobs([120], site: "other") + [joined],
            quotas: Quotas(siteInFlight: 1, siteRequestsPerMinute: 60),
            latency: .assumed,
            slots: 0
        )
        #expect(estimate.planned == 2)
        #expect(estimate.joined == 1)
        #expect(estimate.time == .seconds(120))
        #expect(estimate.sites.map(\.resource) == [.site("other"), .site("test")])
    }
}
