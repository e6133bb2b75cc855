import Catalog
import Coordinator
import Jobs
import MariaDB

/// The command `run --plan`: what a run would do, by the tables alone.
package enum RunPlan {
    /// Says how many jobs, requests, bytes and minutes a run would come to.
    /// - Throws: ``Complaint`` for names that there aren't; `RunRefused`; what reading and writing throw.
    package static func show(
        _ settings: Settings,
        _ format: OutputFormat,
        kinds: [String],
        wikis: [String],
        family: String?,
        changed: Bool,
        url: String?
    ) async throws {
        let kinds = try RunStart.kinds(named: kinds)
        let request = RunRequest(
            kinds: kinds,
            wikis: wikis,
            family: family,
            parameters: try RunStart.parameters(of: kinds, changed: changed, url: url),
            requestedBy: OperatorSession.requester
        )
        let quotas = try settings.quotas()
        try await ReadSession.run(settings, format) { session in
            try await session.checkWikis(wikis)
            if let family { try await session.checkFamily(family) }
            let now = Timestamp.now
            let estimate = try await estimate(request, quotas: quotas, session)
            try await session.write(document(estimate, quotas: quotas, asOf: now))
        }
    }

    private static func estimate(
        _ request: RunRequest,
        quotas: Quotas,
        _ session: ReadSession
    ) async throws -> RunEstimate {
        let catalog = KindCatalog.standard
        let drafted = try await RunDrafting(wikis: WikiTable(session.pool), kinds: catalog).drafts(for: request)
        var jobs: [RunEstimate.PlannedJob] = []
        for (part, drafts) in Dictionary(grouping: drafted, by: { Part(kind: $0.draft.kind, shard: $0.draft.shard) })
            .sorted(by: { $0.key.kind.rawValue < $1.key.kind.rawValue })
        {
            let underWay = try await session.reports.wikisUnderWay(of: part.kind, shard: part.shard)
            let last = try await session.reports.lastCounts(of: part.kind, shard: part.shard)
            for job in drafts {
                let basis = CostBasis(wiki: job.wiki, parameters: request.parameters, last: last[job.draft.wiki])
                jobs.append(
                    RunEstimate.PlannedJob(
                        kind: part.kind,
                        wiki: job.draft.wiki,
                        resource: job.draft.resource,
                        cost: underWay.contains(job.draft.wiki) ? nil : catalog[part.kind]?.cost(basis) ?? .guess
                    )
                )
            }
        }
        return RunEstimate(
            jobs,
            quotas: quotas,
            latency: try await session.reports.latency(of: request.kinds),
            slots: try await session.reports.runningSlots()
        )
    }

    private struct Part: Hashable {
        let kind: JobKind
        let shard: String
    }

    // MARK: What is said

    static func document(_ estimate: RunEstimate, quotas: Quotas, asOf: Timestamp) -> Document {
        let measured: UInt64? =
            if case .measured(_, let jobs) = estimate.latency { UInt64(jobs) } else { nil }
        // Of sites that have no limits of their own.
        let site = quotas[.site("")]
        return Document(
            asOf: asOf,
            fields: [
                (ListColumn("jobs"), .count(estimate.planned)),
                (ListColumn("joined"), .count(estimate.joined)),
                (ListColumn("requests"), .int(estimate.requests)),
                (ListColumn("guessed_requests", for: .programs), .int(estimate.guessedRequests)),
                (ListColumn("bytes"), .int(estimate.bytes)),
                (ListColumn("minutes"), .decimal(estimate.time / .seconds(60), decimals: 1)),
                (ListColumn("bound_by"), .text(estimate.bound?.rawValue)),
                (ListColumn("request_milliseconds", for: .programs), .int(milliseconds(estimate.latency.time))),
                (ListColumn("measured_jobs", for: .programs), .int(measured)),
                (ListColumn("worker_slots", for: .programs), .count(estimate.slots)),
                (ListColumn("site_in_flight", for: .programs), .count(site.atOnce)),
                (
                    ListColumn("site_per_minute", for: .programs),
                    site.perMinute.map { .decimal($0, decimals: 0) } ?? .null
                ),
                (ListColumn("basis", for: .people), .text(basis(estimate, measured: measured))),
                (ListColumn("guesses", for: .people), .text(guesses(estimate))),
                (ListColumn("workers", for: .people), .text(workers(estimate))),
            ],
            lists: [
                Document.List("kinds", kindFields, of: estimate.kinds),
                Document.List("sites", siteFields, of: estimate.sites),
            ]
        )
    }

    private static let kindFields: [Field<RunEstimate.KindPart>] = [
        Field("kind") { .text($0.kind.rawValue) },
        Field("jobs", .right) { .count($0.planned) },
        Field("joined", .right) { .count($0.joined) },
        Field("requests", .right) { .int($0.requests) },
        Field("guessed_requests", .right) { .int($0.guessedRequests) },
        Field("bytes", .right) { .int($0.bytes) },
    ]

    private static let siteFields: [Field<RunEstimate.SitePart>] = [
        Field("resource") { .text($0.resource.rawValue) },
        Field("jobs", .right) { .count($0.jobs) },
        Field("requests", .right) { .int($0.requests) },
        Field("largest_wiki", .right) { .int($0.mostOfOneWiki) },
        Field("minutes", .right) { .decimal($0.time / .seconds(60), decimals: 1) },
        Field("bound_by") { .text($0.bound.rawValue) },
    ]

    private static func basis(_ estimate: RunEstimate, measured: UInt64?) -> String {
        let time = "\(milliseconds(estimate.latency.time)) ms a request"
        return measured.map { "\(time), as the last \($0) jobs took" } ?? "\(time), assumed: no job was measured yet"
    }

    private static func guesses(_ estimate: RunEstimate) -> String? {
        guard estimate.guessedRequests > 0 else { return nil }
        return
            "\(estimate.guessedRequests) of the requests: how much is new on wikis that weren't walked, or walked once"
    }

    private static func workers(_ estimate: RunEstimate) -> String {
        estimate.slots > 0
            ? "\(estimate.slots) slots of the workers that run" : "none runs: as many as are needed are assumed"
    }

    private static func milliseconds(_ time: Duration) -> UInt64 { UInt64(max(0, (time / .milliseconds(1)).rounded())) }
}
