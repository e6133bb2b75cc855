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
            let listing = session.listing(Field.columns(fields))
            let page = try await session.reports.jobs(filter, limit: limit)
            if page.items.isEmpty { try await check(filter, session) }
            try await listing.write(page.items.map { Field.row(fields, of: $0) }, more: page.more, to: session.output)
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
            let known = kinds.map(\.rawValue)
            throw Complaint(Suggestion.unknown("kind", kind.rawValue, inFew: known), code: Exit.usage)
        }
        if let wiki = filter.wiki { try await session.checkWikis([wiki]) }
    }

    static let fields: [Field<JobReport>] = [
        Field("job_id", .right) { .int($0.id.rawValue) },
        Field("run_id", .right) { .int($0.run.rawValue) },
        Field("kind") { .text($0.kind.rawValue) },
        Field("wiki") { .nonEmpty($0.wiki) },
        Field("shard", for: .programs) { .nonEmpty($0.shard) },
        Field("state") { .text($0.state.rawValue) },
        Field("attempt", .right) { .int(UInt64($0.attempt)) },
        Field("worker") { .text($0.worker) },
        Field("items", .right, for: .people) { .text($0.progress) },
        Field("items_done", for: .programs) { .int($0.itemsDone) },
        Field("items_expected", for: .programs) { .int($0.itemsExpected) },
        Field("note", for: .people) { .text($0.note) },
        Field("changed_at") { .time($0.changedAt) },
        Field("not_before", for: .programs) { .time($0.notBefore) },
        Field("failures", for: .programs) { .int(UInt64($0.failures)) },
        Field("losses", for: .programs) { .int(UInt64($0.losses)) },
        Field("snoozes", for: .programs) { .int(UInt64($0.snoozes)) },
        Field("resource", for: .programs) { .text($0.resource.rawValue) },
        Field("depends_on", for: .programs) { .int($0.dependsOn?.rawValue) },
        Field("created_at", for: .programs) { .time($0.createdAt) },
        Field("finished_at", for: .programs) { .time($0.finishedAt) },
        Field("counts", for: .programs) { .counts($0.counts) },
        Field("last_error", for: .programs) { .text($0.lastError) },
    ]

    static func document(_ detail: JobDetailReport, asOf: Timestamp) -> Document {
        let job = detail.job
        let checkpoint = detail.checkpoint
        return Document(
            asOf: asOf,
            fields: [
                (ListColumn("job_id"), .int(job.id.rawValue)), (ListColumn("run_id"), .int(job.run.rawValue)),
                (ListColumn("kind"), .text(job.kind.rawValue)), (ListColumn("wiki"), .nonEmpty(job.wiki)),
                (ListColumn("shard"), .nonEmpty(job.shard)), (ListColumn("state"), .text(job.state.rawValue)),
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
            lists: [Document.List("story", story, of: detail.story)]
        )
    }

    private static let story: [Field<JobDetailReport.Event>] = [
        Field("at") { .time($0.at) },
        Field("event") { .text($0.event) },
        Field("attempt", .right) { .int(UInt64($0.attempt)) },
        Field("worker") { .text($0.worker) },
        Field("term", .right) { .int($0.term) },
        Field("detail") { .text($0.detail) },
    ]
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
