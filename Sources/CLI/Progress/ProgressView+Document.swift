import Jobs
import MariaDB
import Protocol

extension ProgressView {
    private static let kindColumns =
        [
            ListColumn("run_id"), ListColumn("state"), ListColumn("created_at"), ListColumn("finished_at"),
            ListColumn("kind"), ListColumn("jobs"), ListColumn("jobs_ended"),
        ] + JobState.allCases.map { ListColumn("jobs_\($0.rawValue)") } + [
            ListColumn("items_done"), ListColumn("items_expected"), ListColumn("unsized_jobs"), ListColumn("fraction"),
            ListColumn("items_per_second"), ListColumn("seconds_left_least"), ListColumn("seconds_left_most"),
        ]

    private static let workerColumns = [
        ListColumn("name"), ListColumn("slots"), ListColumn("leases"), ListColumn("last_seen_seconds_ago"),
    ]

    private static let resourceColumns = [
        ListColumn("name"), ListColumn("in_use"), ListColumn("limit"), ListColumn("held_back_seconds"),
        ListColumn("reason"),
    ]

    /// All of it for programs. Numbers that aren't known are null.
    var document: Document {
        var fields: [(ListColumn, Cell)] = []
        var workers: [[Cell]] = []
        var resources: [[Cell]] = []
        switch live {
        case .answered(let status, let term):
            fields = [
                (ListColumn("coordinator_reached"), .flag(true)), (ListColumn("coordinator_error"), .null),
                (ListColumn("coordinator_software"), .text(status.software)), (ListColumn("term"), .int(term)),
            ]
            workers = status.workers.map { worker in
                [
                    .text(worker.name), .int(UInt64(worker.slots)), .int(UInt64(worker.leases)),
                    .decimal(Double(worker.lastSeenMillisecondsAgo) / 1000, decimals: 1),
                ]
            }
            resources = status.resources.map { resource in
                [
                    .text(resource.name), .int(UInt64(resource.inUse)), .int(UInt64(resource.limit)),
                    .decimal(Double(resource.heldBackMilliseconds) / 1000, decimals: 1),
                    .text(resource.reason.isEmpty ? nil : resource.reason),
                ]
            }
        case .unreachable(let why):
            fields = [(ListColumn("coordinator_reached"), .flag(false)), (ListColumn("coordinator_error"), .text(why))]
        case nil: break
        }
        return Document(
            asOf: sample?.at ?? .now,
            fields: fields,
            lists: [
                Document.List("runs", Self.kindColumns, paces.map(Self.row)),
                Document.List("workers", Self.workerColumns, workers),
                Document.List("resources", Self.resourceColumns, resources),
            ]
        )
    }

    private static func row(_ pace: KindPace) -> [Cell] {
        func decimal(_ number: Double?, _ decimals: Int) -> Cell {
            number.map { .decimal($0, decimals: decimals) } ?? .null
        }
        let kind = pace.kind
        return [
            .int(pace.run.id.rawValue), .text(pace.run.state), .time(pace.run.createdAt), .time(pace.run.finishedAt),
            .text(kind.kind.rawValue), .int(UInt64(kind.jobCount)), .int(UInt64(pace.jobsEnded)),
        ] + JobState.allCases.map { .int(UInt64(kind.jobs($0))) } + [
            .int(kind.itemsDone), .int(kind.itemsExpected), .int(UInt64(kind.unsizedJobs)), decimal(pace.fraction, 4),
            decimal(pace.itemRate, 2), decimal(pace.timeLeft?.least.inSeconds, 1),
            decimal(pace.timeLeft?.most?.inSeconds, 1),
        ]
    }
}
