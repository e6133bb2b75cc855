import Catalog
import Jobs
import MariaDB

/// What `doctor` finds out about work that doesn't go on.
enum StuckChecks {
    /// A job that was put off so often without a checkpoint may never come to an end.
    private static let snoozes = 20
    /// Planning takes seconds.
    private static let planningSeconds = 120

    /// All of them, by the names under which `doctor` tells of them.
    static var all: [(String, (Settings) async throws -> Doctor.Finding)] {
        [
            ("workers", { try await read($0, workers) }), ("pauses", { try await read($0, pauses) }),
            ("snoozes", { try await read($0, snoozes) }), ("leases", { try await read($0, leases) }),
            ("planning", { try await read($0, planning) }),
        ]
    }

    private static func read(
        _ settings: Settings,
        _ check: @Sendable (JobReports) async throws -> Doctor.Finding
    ) async throws -> Doctor.Finding {
        let logger = try settings.logger(label: "doctor")
        return try await ConnectionPool.with(
            settings: try settings.connectionSettings(),
            limit: 1,
            logger: logger
        ) { pool in
            try await Schema.check(on: pool)
            return try await check(JobReports(pool))
        }
    }

    private static func workers(_ reports: JobReports) async throws -> Doctor.Finding {
        let stuck = try await reports.jobsWithoutWorker()
        guard !stuck.isEmpty else { return .ok("there is one for each kind that has jobs") }
        let kinds = stuck.map { "\($0.jobs.count) of kind \($0.jobs.cause)" }.fewOfMany
        let drained = stuck.flatMap(\.drained)
        guard let first = drained.first else {
            return .warning(
                "no worker runs that can do these ready jobs: \(kinds); start one, of a version that knows the kind"
            )
        }
        return .warning(
            "no worker may do these ready jobs: \(kinds); those that could are drained: perigee workers resume"
                + " \(first.arguments)"
        )
    }

    private static func pauses(_ reports: JobReports) async throws -> Doctor.Finding {
        let pauses = try await reports.pauses()
        let waiting = pauses.filter { $0.waiting > 0 }
        guard !waiting.isEmpty else {
            return .ok(pauses.isEmpty ? "nothing is paused" : "\(pauses.count), for which no job waits")
        }
        let told = waiting.prefix(3).map { pause, jobs in
            "\(pause.target), which holds back \(jobs.counted("ready job"))"
                + "\(pause.until.map { ", until \($0.seconds)" } ?? "")"
                + "\(pause.reason.isEmpty ? "" : " (\(pause.reason))")"
        }
        let more = waiting.count > told.count ? " and \(waiting.count - told.count) more" : ""
        return .warning(
            "paused: \(told.joined(separator: "; "))\(more); to go on: perigee resume \(waiting[0].pause.target)"
        )
    }

    private static func snoozes(_ reports: JobReports) async throws -> Doctor.Finding {
        let stuck = try await reports.snoozingJobs(times: snoozes)
        guard !stuck.isEmpty else { return .ok("no job is put off again and again") }
        return .warning(
            "put off \(snoozes) times or more without a checkpoint: \(stuck.told("at")); see perigee jobs show"
                + " \(stuck.first), then perigee pause or perigee jobs cancel \(stuck.first)"
        )
    }

    private static func leases(_ reports: JobReports) async throws -> Doctor.Finding {
        let stuck = try await reports.jobsOfLostWorkers()
        guard !stuck.isEmpty else { return .ok("every leased job has a worker that runs") }
        return .warning(
            "leased to workers that are gone: \(stuck.told("to")); a coordinator takes them back when their leases are over:"
                + " if it doesn't run, start it; if it does, perigee jobs release \(stuck.first)"
        )
    }

    private static func planning(_ reports: JobReports) async throws -> Doctor.Finding {
        let runs = try await reports.unplannedRuns(olderThan: planningSeconds)
        guard let first = runs.first else { return .ok("no run is left half planned") }
        let names = runs.prefix(5).map(\.description).joined(separator: ", ")
        return .warning(
            "half planned for two minutes or more: runs \(names); the coordinator's log says why; to give one up:"
                + " perigee runs cancel \(first)"
        )
    }
}

extension [StuckJobs] {
    /// Such as `7 jobs (4, 5, 6, 7, 9, …) at site:wikimedia`.
    fileprivate func told(_ preposition: String) -> String {
        map { stuck in
            let names = stuck.jobs.map(\.description).joined(separator: ", ")
            let jobs = stuck.count.counted("job")
            return "\(jobs) (\(names)\(stuck.count > stuck.jobs.count ? ", …" : "")) \(preposition) \(stuck.cause)"
        }
        .fewOfMany
    }

    /// The number of the first job, for an example.
    fileprivate var first: String { self[0].jobs.first?.description ?? "N" }
}

extension [String] {
    /// The first three, and how many more there are.
    var fewOfMany: String {
        prefix(3).joined(separator: ", ") + (count > 3 ? " and \(count - 3) more" : "")
    }
}

extension Cordon.Target {
    /// As `workers resume` takes it.
    fileprivate var arguments: String {
        switch self {
        case .worker(let name): name
        case .host(let name): "--host \(name)"
        }
    }
}
