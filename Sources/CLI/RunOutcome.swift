import FoundationEssentials
import Jobs
import MariaDB

/// How a run ended, and what it did.
struct RunOutcome: Sendable, CustomStringConvertible {
    let state: String
    /// What the jobs of the run did, added up.
    let counts: [String: UInt64]
    let seconds: Double

    var isDone: Bool { state == "done" }

    var description: String {
        let done = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let duration = "\(Int(seconds.rounded())) s"
        return "\(state) in \(duration)" + (done.isEmpty ? "" : ": \(done.joined(separator: ", "))")
    }

    /// Looks at the table until the run has ended. A database that is away is waited for.
    static func wait(for run: RunID, pool: ConnectionPool, interval: Duration) async throws -> RunOutcome {
        while true {
            do {
                if let outcome = try await ended(run, pool: pool) { return outcome }
            } catch let error as MariaDBError where error.class != .permanent {
                // The run goes on without whoever looks at it.
            }
            try await Task.sleep(for: interval)
        }
    }

    private static func ended(_ run: RunID, pool: ConnectionPool) async throws -> RunOutcome? {
        let report = try await JobReports(pool).run(run)
        guard let report, let finishedAt = report.finishedAt else { return nil }
        return RunOutcome(
            state: report.state,
            counts: report.counts,
            seconds: Double(report.createdAt.duration(to: finishedAt).microseconds) / 1_000_000
        )
    }
}
