package import Jobs
import Protocol

/// The command `runs cancel`.
package enum RunCancel {
    /// Has the coordinator end a run.
    /// - Throws: `CoordinatorError`, also when there is no such run or it has ended.
    package static func run(_ settings: Settings, run: RunID, reason: String?) async throws {
        var cancel = WireCancelRun()
        cancel.run = run.rawValue
        cancel.reason = reason ?? ""
        cancel.requestedBy = OperatorSession.requester
        let request = WireRequest.OneOf_Body.cancelRun(cancel)
        let response = try await OperatorSession.run(settings, "runs") { try await $0.send(request) }
        guard case .runCancelled(let cancelled) = response.body else { throw OperatorSession.surprise }
        var parts = ["\(cancelled.jobsCancelled) jobs cancelled"]
        if cancelled.jobsKept > 0 { parts.append("\(cancelled.jobsKept) go on for other runs") }
        if cancelled.joinsDropped > 0 { parts.append("\(cancelled.joinsDropped) of other runs left alone") }
        try await StandardOutput().write("run \(run) cancelled: \(parts.joined(separator: ", "))\n")
    }
}
