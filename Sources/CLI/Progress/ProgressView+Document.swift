import Jobs
import MariaDB
import Protocol

extension ProgressView {
    private static let kindFields: [Field<KindPace>] =
        [
            Field("run_id") { .int($0.run.id.rawValue) },
            Field("state") { .text($0.run.state) },
            Field("created_at") { .time($0.run.createdAt) },
            Field("finished_at") { .time($0.run.finishedAt) },
            Field("kind") { .text($0.kind.kind.rawValue) },
            Field("jobs") { .count($0.kind.jobCount) },
            Field("jobs_ended") { .count($0.jobsEnded) },
        ]
        + JobState.allCases.map { state in Field("jobs_\(state.rawValue)") { .count($0.kind.jobs(state)) } }
        + [
            Field("items_done") { .int($0.kind.itemsDone) },
            Field("items_expected") { .int($0.kind.itemsExpected) },
            Field("unsized_jobs") { .count($0.kind.unsizedJobs) },
            Field("fraction") { .decimal($0.fraction, decimals: 4) },
            Field("items_per_second") { .decimal($0.itemRate, decimals: 2) },
            Field("seconds_left_least") { .decimal($0.timeLeft?.least.inSeconds, decimals: 1) },
            Field("seconds_left_most") { .decimal($0.timeLeft?.most?.inSeconds, decimals: 1) },
        ]

    private static let streamFields: [Field<StreamProgress>] = [
        Field("job_id") { .int($0.job.rawValue) },
        Field("up_to") { .time($0.upTo) },
        Field("waiting_wikis") { .count($0.waitingWikis) },
    ]

    private static let workerFields: [Field<WireWorkerStatus>] = [
        Field("name") { .text($0.name) },
        Field("slots") { .int(UInt64($0.slots)) },
        Field("leases") { .int(UInt64($0.leases)) },
        Field("last_seen_seconds_ago") { .decimal(Double($0.lastSeenMillisecondsAgo) / 1000, decimals: 1) },
    ]

    private static let resourceFields: [Field<WireResourceStatus>] = [
        Field("name") { .text($0.name) },
        Field("in_use") { .int(UInt64($0.inUse)) },
        Field("limit") { .int(UInt64($0.limit)) },
        Field("held_back_seconds") { .decimal(Double($0.heldBackMilliseconds) / 1000, decimals: 1) },
        Field("reason") { .nonEmpty($0.reason) },
    ]

    private static let pauseFields: [Field<WirePauseStatus>] = [
        Field("scope") { .text($0.scope) },
        Field("name") { .text($0.name) },
        Field("until") { .time($0.until) },
        Field("reason") { .nonEmpty($0.reason) },
        Field("paused_by") { .text($0.pausedBy) },
        Field("paused_at") { .time($0.pausedAt) },
        Field("automatic") { .flag($0.automatic) },
    ]

    /// All of it for programs. Numbers that aren't known are null.
    var document: Document {
        var fields: [(ListColumn, Cell)] = []
        var status = WireStatus()
        switch live {
        case .answered(let answer, let term):
            status = answer
            fields = [
                (ListColumn("coordinator_reached"), .flag(true)),
                (ListColumn("coordinator_error"), .null),
                (ListColumn("coordinator_software"), .text(answer.software)),
                (ListColumn("term"), .int(term)),
            ]
        case .unreachable(let why):
            fields = [(ListColumn("coordinator_reached"), .flag(false)), (ListColumn("coordinator_error"), .text(why))]
        case nil: break
        }
        return Document(
            asOf: sample?.at ?? .now,
            fields: fields,
            lists: [
                Document.List("runs", Self.kindFields, of: paces),
                Document.List("streams", Self.streamFields, of: sample?.streams ?? []),
                Document.List("workers", Self.workerFields, of: status.workers),
                Document.List("resources", Self.resourceFields, of: status.resources),
                Document.List("pauses", Self.pauseFields, of: status.pauses),
            ]
        )
    }
}

extension Cell {
    /// A number, or null where there is none.
    fileprivate static func decimal(_ number: Double?, decimals: Int) -> Cell {
        guard let number else { return .null }
        return .decimal(number, decimals: decimals)
    }
}
