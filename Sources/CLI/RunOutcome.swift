import Jobs
import MariaDB

/// How a run ended, and what it did.
struct RunOutcome: Sendable, CustomStringConvertible {
    private let report: RunReport
    private let finishedAt: Timestamp

    /// Whether every job was done.
    var isDone: Bool { report.state == "done" }
    /// As the column `state` has it.
    var state: String { report.state }

    var description: String {
        let done = report.counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let seconds = (report.createdAt.duration(to: finishedAt).microseconds + 500_000) / 1_000_000
        return "\(report.state) in \(seconds) s" + (done.isEmpty ? "" : ": \(done.joined(separator: ", "))")
    }

    /// Looks at the table until the run has ended. A database that is away is waited for.
    static func wait(for run: RunID, pool: ConnectionPool, interval: Duration) async throws -> RunOutcome {
        let reports = JobReports(pool)
        while true {
            do {
                if let report = try await reports.run(run), let finishedAt = report.finishedAt {
                    return RunOutcome(report: report, finishedAt: finishedAt)
                }
            } catch let error as MariaDBError where error.class != .permanent {
                // The run goes on without whoever looks at it.
            }
            try await Task.sleep(for: interval)
        }
    }
}
