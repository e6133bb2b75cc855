package import Jobs
import MariaDB

/// The commands `jobs list` and `jobs show`.
package enum JobsView {
    /// Lists jobs, the newest first.
    /// - Throws: ``Complaint`` for a state, kind or wiki that there isn't; what reading and writing throw.
    package static func list(
        _ settings: Settings,
        _ format: OutputFormat,
        run: RunID?,
        state: String?,
        kind: String?,
        wiki: String?,
        limit: Int
    ) async throws {
        var filter = JobFilter()
        filter.run = run
        filter.kind = kind.map(JobKind.init(rawValue:))
        filter.wiki = wiki
        filter.state = try state.map { name in
            guard let state = JobState(rawValue: name) else {
                throw Complaint(
                    Suggestion.unknown(
                        "state",
                        name,
                        in: JobState.allCases.map(\.rawValue),
                        see: "perigee jobs list --help"
                    ),
                    code: Exit.usage
                )
            }
            return state
        }
        try await ReadSession.run(settings, format) { session in
            let listing = session.listing(columns)
            let page = try await session.reports.jobs(filter, limit: limit)
            if page.items.isEmpty { try await check(filter, session) }
            try await listing.write(page.items.map(row), more: page.more, to: session.output)
        }
    }

    /// Shows one job with its story.
    /// - Throws: ``Complaint`` when there is none; what reading and writing throw.
    package static func show(_ settings: Settings, _ format: OutputFormat, job: JobID) async throws {
        try await ReadSession.run(settings, format) { session in
            let now = Timestamp.now
            guard let detail = try await session.reports.job(job) else {
                throw Complaint("there is no job \(job); see: perigee jobs list")
            }
            try await session.write(document(detail, asOf: now))
        }
    }

    /// Whether nothing was found because a name is wrong.
    private static func check(_ filter: JobFilter, _ session: ReadSession) async throws {
        if let run = filter.run, try await session.reports.run(run) == nil {
            throw Complaint("there is no run \(run); see: perigee runs list")
        }
        let kinds = KindCatalog.standard.kinds
        if let kind = filter.kind, !kinds.contains(kind) {
            throw Complaint(
                Suggestion.unknown("kind", kind.rawValue, in: kinds.map(\.rawValue), see: "perigee run --help")
            )
        }
        if let wiki = filter.wiki { try await session.checkWikis([wiki]) }
    }

    static let columns = [
        ListColumn("job_id", .right), ListColumn("run_id", .right), ListColumn("kind"), ListColumn("wiki"),
        ListColumn("shard", for: .programs), ListColumn("state"), ListColumn("attempt", .right), ListColumn("worker"),
        ListColumn("items", .right, for: .people), ListColumn("items_done", for: .programs),
        ListColumn("items_expected", for: .programs), ListColumn("changed_at"), ListColumn("note", for: .people),
        ListColumn("not_before", for: .programs), ListColumn("failures", for: .programs),
        ListColumn("losses", for: .programs), ListColumn("snoozes", for: .programs),
        ListColumn("resource", for: .programs), ListColumn("depends_on", for: .programs),
        ListColumn("created_at", for: .programs), ListColumn("finished_at", for: .programs),
        ListColumn("counts", for: .programs), ListColumn("last_error", for: .programs),
    ]

    static func row(_ job: JobReport) -> [Cell] {
        [
            .int(job.id.rawValue), .int(job.run.rawValue), .text(job.kind.rawValue), .text(job.wiki),
            .text(job.shard), .text(job.state.rawValue), .int(UInt64(job.attempt)), .text(job.worker),
            .text(job.progress), .int(job.itemsDone), .int(job.itemsExpected), .time(job.changedAt),
            .text(job.note), .time(job.notBefore), .int(UInt64(job.failures)), .int(UInt64(job.losses)),
            .int(UInt64(job.snoozes)), .text(job.resource.rawValue), .int(job.dependsOn?.rawValue),
            .time(job.createdAt), .time(job.finishedAt), .counts(job.counts), .text(job.lastError),
        ]
    }

    static func document(_ detail: JobDetailReport, asOf: Timestamp) -> Document {
        let job = detail.job
        let checkpoint = detail.checkpoint
        func some(_ text: String) -> Cell { .text(text.isEmpty ? nil : text) }
        return Document(
            asOf: asOf,
            fields: [
                (ListColumn("job_id"), .int(job.id.rawValue)), (ListColumn("run_id"), .int(job.run.rawValue)),
                (ListColumn("kind"), .text(job.kind.rawValue)), (ListColumn("wiki"), some(job.wiki)),
                (ListColumn("shard"), some(job.shard)), (ListColumn("state"), .text(job.state.rawValue)),
                (ListColumn("worker"), .text(job.worker)), (ListColumn("resource"), .text(job.resource.rawValue)),
                (ListColumn("depends_on"), .int(job.dependsOn?.rawValue)),
                (ListColumn("not_before"), .time(job.notBefore)), (ListColumn("attempt"), .int(UInt64(job.attempt))),
                (ListColumn("failures"), .int(UInt64(job.failures))), (ListColumn("losses"), .int(UInt64(job.losses))),
                (ListColumn("snoozes"), .int(UInt64(job.snoozes))), (ListColumn("last_error"), .text(job.lastError)),
                (ListColumn("created_at"), .time(job.createdAt)), (ListColumn("changed_at"), .time(job.changedAt)),
                (ListColumn("finished_at"), .time(job.finishedAt)), (ListColumn("items_done"), .int(job.itemsDone)),
                (ListColumn("items_expected"), job.itemsExpected == 0 ? .null : .int(job.itemsExpected)),
                (ListColumn("counts"), job.counts.isEmpty ? .null : .counts(job.counts)),
                (ListColumn("checkpoint_sequence"), .int(checkpoint.map { UInt64($0.checkpoint.sequence) })),
                (ListColumn("checkpoint_written_at"), .time(checkpoint?.writtenAt)),
                (ListColumn("checkpoint_state"), .text(checkpoint?.checkpoint.state)),
                (ListColumn("story_has_more", for: .programs), .flag(detail.storyHasMore)),
            ],
            lists: [Document.List("story", storyColumns, detail.story.map(storyRow))]
        )
    }

    private static let storyColumns = [
        ListColumn("at"), ListColumn("event"), ListColumn("attempt", .right), ListColumn("worker"),
        ListColumn("term", .right), ListColumn("detail"),
    ]

    private static func storyRow(_ event: JobDetailReport.Event) -> [Cell] {
        [
            .time(event.at), .text(event.event), .int(UInt64(event.attempt)), .text(event.worker), .int(event.term),
            .text(event.detail),
        ]
    }
}

extension JobReport {
    /// Items done, of how many where that is known.
    fileprivate var progress: String? {
        guard itemsDone > 0 || itemsExpected > 0 else { return nil }
        return itemsExpected > 0 && state.isActive ? "\(itemsDone)/\(itemsExpected)" : "\(itemsDone)"
    }

    /// What matters most about it, in one line.
    fileprivate var note: String? {
        switch state {
        case .ready where notBefore != nil:
            "not before \(notBefore?.seconds ?? "")\(lastError.map { ": \($0)" } ?? "")"
        case .waiting: dependsOn.map { "for job \($0)" }
        case .done: counts.filter { $0.value > 0 }.written
        default: lastError
        }
    }
}
