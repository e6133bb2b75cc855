package import Jobs
import MariaDB

/// The commands `runs list` and `runs show`.
package enum RunsView {
    /// Lists runs, the newest first.
    /// - Throws: what reading and writing throw.
    package static func list(_ settings: Settings, _ format: OutputFormat, activeOnly: Bool, limit: Int) async throws {
        try await ReadSession.run(settings, format) { session in
            let listing = session.listing(columns)
            let page = try await session.reports.runs(activeOnly: activeOnly, limit: limit)
            try await listing.write(page.items.map(row), more: page.more, to: session.output)
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

    static let columns = [
        ListColumn("run_id", .right), ListColumn("state"), ListColumn("kinds"), ListColumn("scope", for: .people),
        ListColumn("jobs", .right), ListColumn("done", .right), ListColumn("left", .right),
        ListColumn("failed", .right),
        ListColumn("joined", .right, for: .programs), ListColumn("created_at"),
        ListColumn("took", .right, for: .people),
        ListColumn("requested_by"), ListColumn("wikis", for: .programs), ListColumn("family", for: .programs),
        ListColumn("planned_at", for: .programs), ListColumn("finished_at", for: .programs),
        ListColumn("counts", for: .programs),
    ]

    static func row(_ run: RunReport) -> [Cell] {
        [
            .int(run.id.rawValue), .text(run.state), .text(run.kindNames), .text(run.scope),
            .int(UInt64(run.jobCount)), .int(UInt64(run.jobs(.done))), .int(UInt64(run.jobsLeft)),
            .int(UInt64(run.jobsGivenUp)), .int(UInt64(run.joinedJobs)), .time(run.createdAt),
            .text(run.finishedAt.map { run.createdAt.duration(to: $0).spoken }),
            .text(run.requestedBy), .text(run.wikis.isEmpty ? nil : run.wikis.joined(separator: ",")),
            .text(run.family), .time(run.plannedAt), .time(run.finishedAt), .counts(run.counts),
        ]
    }

    static func document(_ run: RunReport, asOf: Timestamp) -> Document {
        Document(
            asOf: asOf,
            fields: [
                (ListColumn("run_id"), .int(run.id.rawValue)),
                (ListColumn("state"), .text(run.state)),
                (ListColumn("kinds"), .text(run.kindNames)),
                (ListColumn("wikis"), .text(run.wikis.isEmpty ? nil : run.wikis.joined(separator: ","))),
                (ListColumn("family"), .text(run.family)),
                (ListColumn("requested_by"), .text(run.requestedBy)),
                (ListColumn("created_at"), .time(run.createdAt)),
                (ListColumn("planned_at"), .time(run.plannedAt)),
                (ListColumn("finished_at"), .time(run.finishedAt)),
                (ListColumn("took", for: .people), .text(run.finishedAt.map { run.createdAt.duration(to: $0).spoken })),
                (ListColumn("jobs"), .int(UInt64(run.jobCount))),
                (ListColumn("joined"), .int(UInt64(run.joinedJobs))),
            ]
                + JobState.allCases.filter { run.jobs($0) > 0 }
                .map { (ListColumn("jobs_\($0.rawValue)"), .int(UInt64(run.jobs($0)))) }
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

    fileprivate var jobsLeft: Int { jobs(.waiting) + jobs(.ready) + jobs(.leased) }

    fileprivate var jobsGivenUp: Int { jobs(.failed) + jobs(.quarantined) + jobs(.cancelled) }
}
