package import Jobs
import MariaDB

/// The commands `runs list` and `runs show`.
package enum RunsView {
    /// Lists runs, the newest first.
    /// - Throws: what reading and writing throw.
    package static func list(_ settings: Settings, _ format: OutputFormat, activeOnly: Bool, limit: Int) async throws {
        try await ReadSession.run(settings, format) { session in
            let listing = session.listing(Field.columns(fields))
            let page = try await session.reports.runs(activeOnly: activeOnly, limit: limit)
            try await listing.write(page.items.map { Field.row(fields, of: $0) }, more: page.more, to: session.output)
        }
    }

    /// Shows one run.
    /// - Throws: ``Complaint`` when there is none; what reading and writing throw.
    package static func show(_ settings: Settings, _ format: OutputFormat, run: RunID) async throws {
        try await ReadSession.run(settings, format) { session in
            let now = Timestamp.now
            guard let run = try await session.reports.run(run) else {
                throw Complaint("there is no run \(run); see: perigee runs list")
            }
            try await session.write(document(run, asOf: now))
        }
    }

    static let fields: [Field<RunReport>] = [
        Field("run_id", .right) { .int($0.id.rawValue) },
        Field("state") { .text($0.state) },
        Field("kinds") { .text($0.kindNames) },
        Field("scope", for: .people) { .text($0.scope) },
        Field("jobs", .right) { .count($0.jobCount) },
        Field("done", .right) { .count($0.jobs(.done)) },
        Field("left", .right) { .count($0.jobsLeft) },
        Field("failed", .right) { .count($0.jobsGivenUp) },
        Field("joined", .right, for: .programs) { .count($0.joinedJobs) },
        Field("took", .right, for: .people) { .text($0.took) },
        Field("created_at") { .time($0.createdAt) },
        Field("requested_by") { .text($0.requestedBy) },
        Field("wikis", for: .programs) { .nonEmpty($0.wikis.joined(separator: ",")) },
        Field("family", for: .programs) { .text($0.family) },
        Field("planned_at", for: .programs) { .time($0.plannedAt) },
        Field("finished_at", for: .programs) { .time($0.finishedAt) },
        Field("counts", for: .programs) { .counts($0.counts) },
    ]

    static func document(_ run: RunReport, asOf: Timestamp) -> Document {
        Document(
            asOf: asOf,
            fields: [
                (ListColumn("run_id"), .int(run.id.rawValue)),
                (ListColumn("state"), .text(run.state)),
                (ListColumn("kinds"), .text(run.kindNames)),
                (ListColumn("wikis"), .nonEmpty(run.wikis.joined(separator: ","))),
                (ListColumn("family"), .text(run.family)),
                (ListColumn("requested_by"), .text(run.requestedBy)),
                (ListColumn("created_at"), .time(run.createdAt)),
                (ListColumn("planned_at"), .time(run.plannedAt)),
                (ListColumn("finished_at"), .time(run.finishedAt)),
                (ListColumn("took", for: .people), .text(run.took)),
                (ListColumn("jobs"), .count(run.jobCount)),
                (ListColumn("joined"), .count(run.joinedJobs)),
            ]
                + JobState.allCases.filter { run.jobs($0) > 0 }
                .map { (ListColumn("jobs_\($0.rawValue)"), .count(run.jobs($0))) }
                + [(ListColumn("counts"), run.counts.isEmpty ? .null : .counts(run.counts))]
        )
    }
}

extension RunReport {
    fileprivate var kindNames: String { kinds.map(\.rawValue).joined(separator: ",") }

    /// What was asked for, in short.
    fileprivate var scope: String {
        let named = wikis.count == 1 ? wikis[0] : wikis.isEmpty ? "all wikis" : "\(wikis.count) wikis"
        return family.map { wikis.isEmpty ? "family \($0)" : "\(named) of \($0)" } ?? named
    }

    var took: String? { finishedAt.map { createdAt.duration(to: $0).spoken } }

    fileprivate var jobsLeft: Int { jobs(.waiting) + jobs(.ready) + jobs(.leased) }

    fileprivate var jobsGivenUp: Int { jobs(.failed) + jobs(.quarantined) + jobs(.cancelled) }
}
