import Testing
import WikiSimulator

/// The judge of manners, with logs that are made up.
struct PolitenessTests {
    private static let agent = "Perigee/1 (me@example.org; bot) libcurl/7.88.1"

    private func request(
        _ number: Int,
        at began: Double,
        for seconds: Double = 0.1,
        wiki: String = "enwiki",
        site: String = "one",
        _ change: (inout RequestRecord) -> Void = { _ in }
    ) -> RequestRecord {
        var record = RequestRecord(
            began: UInt64(began * 1_000_000_000),
            ended: UInt64((began + seconds) * 1_000_000_000),
            number: number,
            wiki: wiki,
            site: site,
            userAgent: Self.agent,
            acceptEncoding: "gzip",
            method: "GET",
            kind: .list,
            target: "/enwiki/api.php?action=query&maxlag=5",
            inFlightWiki: 1,
            inFlightSite: 1,
            status: 200,
            fault: nil,
            retryAfter: nil,
            isForSite: false,
            isAborted: false
        )
        change(&record)
        return record
    }

    private func broken(_ records: [RequestRecord], inFlight: Int = 3, perMinute: Int? = 180)
        -> Set<PolitenessReport.Rule>
    {
        PolitenessReport(records, .init(siteInFlight: inFlight, sitePerMinute: perMinute)).broken
    }

    @Test func goodManners() {
        let records = (0..<180).map { request($0, at: 1 + Double($0) / 3.0, wiki: "w\($0 % 3)") }
        #expect(broken(records).isEmpty)
        #expect(broken([]).isEmpty)
        #expect(PolitenessReport(records, .init(siteInFlight: 3, sitePerMinute: 180)).requests == 180)
    }

    @Test func twoAtOneWiki() {
        #expect(broken([request(1, at: 1), request(2, at: 1.05)]) == [.oneInFlightPerWiki])
        #expect(broken([request(1, at: 1), request(2, at: 1.1)]).isEmpty)
        #expect(broken([request(1, at: 1, for: 10), request(2, at: 5, wiki: "dewiki")]).isEmpty)
        // The order of the log doesn't matter.
        #expect(broken([request(2, at: 1.05), request(1, at: 1)]) == [.oneInFlightPerWiki])
        // One that the client broke off is over a little before the simulator knows.
        let aborted = request(1, at: 1, for: 5) { $0.isAborted = true }
        #expect(broken([aborted, request(2, at: 5.95)]).isEmpty)
        #expect(broken([aborted, request(2, at: 5.8)]) == [.oneInFlightPerWiki])
    }

    @Test func tooManyAtOneSite() {
        let records = (0..<4).map { request($0, at: 1 + Double($0) / 100, wiki: "w\($0)") }
        #expect(broken(records) == [.siteInFlight])
        #expect(broken(records, inFlight: 4).isEmpty)
        #expect(
            broken(
                records.enumerated().map { place, record in
                    var other = record
                    other.site = "site\(place % 2)"
                    return other
                }
            ).isEmpty
        )
    }

    @Test func tooManyInAnyMinute() {
        // 100 at the end of one minute and 100 at the beginning of the next.
        let records = (0..<200).map { request($0, at: 50 + Double($0) / 10, for: 0.01) }
        #expect(broken(records) == [.sitePerMinute])
        #expect(broken(records, perMinute: 200).isEmpty)
        #expect(broken(records, perMinute: nil).isEmpty)
        #expect(broken((0..<3).map { request($0, at: Double($0) * 30 + 1) }, perMinute: 2).isEmpty)
    }

    @Test func comingBackTooEarly() {
        let lagging = request(1, at: 1) { $0.retryAfter = 5 }
        #expect(broken([lagging, request(2, at: 5)]) == [.retryAfter])
        #expect(broken([lagging, request(2, at: 6.2)]).isEmpty)
        // Other wikis of the site are not meant, unless the site itself said it.
        #expect(broken([lagging, request(2, at: 5, wiki: "dewiki")]).isEmpty)
        let refused = request(1, at: 1) {
            $0.retryAfter = 5
            $0.isForSite = true
        }
        #expect(broken([refused, request(2, at: 5, wiki: "dewiki")]) == [.retryAfter])
        #expect(broken([refused, request(2, at: 5, wiki: "dewiki", site: "two")]).isEmpty)
        // Who was under way couldn't know.
        #expect(broken([refused, request(2, at: 1.05, wiki: "dewiki")]).isEmpty)
        // A short wait doesn't end a long one.
        let short = request(3, at: 1.2, wiki: "dewiki") { $0.retryAfter = 1 }
        let long = request(1, at: 1) { $0.retryAfter = 60 }
        #expect(broken([long, short, request(4, at: 30)]) == [.retryAfter])
    }

    @Test func form() {
        #expect(broken([request(1, at: 1) { $0.userAgent = "curl/7.88.1" }]) == [.contact])
        #expect(broken([request(1, at: 1) { $0.userAgent = "x/1 (https://example.org/bot)" }]).isEmpty)
        #expect(broken([request(1, at: 1) { $0.acceptEncoding = "" }]) == [.compression])
        #expect(broken([request(1, at: 1) { $0.target = "/enwiki/api.php?action=query" }]) == [.maxlag])
        #expect(
            broken([
                request(1, at: 1) {
                    $0.kind = .login
                    $0.target = "/enwiki/api.php?action=login"
                }
            ]) == [.post]
        )
        #expect(
            broken([
                request(1, at: 1) {
                    $0.kind = .stream
                    $0.wiki = ""
                    $0.acceptEncoding = ""
                    $0.target = "/v2/stream/recentchange"
                }
            ]).isEmpty
        )
    }

    @Test func theSimulatorsOwnLog() async throws {
        try await Simulation.with { simulation in
            _ = try await simulation.walk(0)
            #expect(simulation.simulator.report(.init(siteInFlight: 1, sitePerMinute: 10)).isClean)
            simulation.simulator.setLatency(milliseconds: 200)
            async let one = simulation.walk(0)
            async let two = simulation.walk(0)
            _ = try await (one, two)
            let report = simulation.simulator.report(.init(siteInFlight: 1, sitePerMinute: 3))
            #expect(report.broken == [.oneInFlightPerWiki, .siteInFlight, .sitePerMinute])
            let most = simulation.simulator.requests().map(\.inFlightWiki).max()
            #expect(most == 2)
            #expect(simulation.simulator.requests().allSatisfy { $0.status == 200 && $0.ended > $0.began })
        }
    }
}
