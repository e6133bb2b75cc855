package import Jobs
import Protocol

/// The command `runs cancel`.
package enum RunCancel {
    /// Has the coordinator end a run.
    /// - Throws: ``Complaint`` when some of its jobs couldn't be cancelled yet; `CoordinatorError`, also when there is no such run
    ///   or it has ended.
    package static func run(_ settings: Settings, run: RunID, reason: String?) async throws {
        var cancel = WireCancelRun()
        cancel.run = run.rawValue
        cancel.reason = reason ?? ""
        cancel.requestedBy = OperatorSession.requester
        let request = WireRequest.OneOf_Body.cancelRun(cancel)
        let response = try await OperatorSession.run(settings, "runs") { try await $0.send(request) }
        guard case .runCancelled(let cancelled) = response.body else { throw OperatorSession.surprise }
        try await StandardOutput().write("\(line(run, cancelled))\n")
        if cancelled.jobsLeft > 0 {
            throw Complaint("\(cancelled.jobsLeft) couldn't be cancelled yet; run it again")
        }
    }

    static func line(_ run: RunID, _ cancelled: WireRunCancelled) -> String {
        var parts = ["\(cancelled.jobsCancelled.counted("job")) cancelled"]
        if cancelled.jobsKept > 0 {
            parts.append("\(cancelled.jobsKept) \(cancelled.jobsKept == 1 ? "goes" : "go") on for other runs")
        }
        if cancelled.joinsDropped > 0 { parts.append("\(cancelled.joinsDropped) of other runs left alone") }
        return "run \(run) cancelled: \(parts.joined(separator: ", "))"
    }
}
