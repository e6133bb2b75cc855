import Jobs
import Logging
import Protocol

extension Coordinator {
    /// Ends a run, with those of its jobs that nobody else waits for, and of those that cancelled runs have left to it.
    ///
    /// The run goes first: were its jobs cancelled first, the last of them would end it as failed. Who asks again, since the
    /// coordinator died in between, has the rest done.
    func cancelRun(_ cancel: WireCancelRun) async throws -> WireResponse.OneOf_Body {
        let run = RunID(rawValue: cancel.run)
        let note = OperatorNote(by: cancel.requestedBy, cancel.reason)
        guard journal.isHealthy else { throw RefusalError.unavailable }
        let cancelled = try await inTurn { try await $0.cancel(run, note) }
        logger.notice(
            "run cancelled",
            metadata: [
                "perigee.run.id": "\(run)", "perigee.jobs": "\(cancelled.jobsCancelled)",
                "perigee.jobs.left": "\(cancelled.jobsLeft)",
                "perigee.requested_by": "\(note.who)", "perigee.reason": "\(note.why)",
            ]
        )
        return .runCancelled(cancelled)
    }

    private func cancel(_ run: RunID, _ note: OperatorNote) async throws -> WireRunCancelled {
        switch try await store.state(of: run) {
        case nil: throw RefusalError(.nothingToDo, "there is no run \(run); see: perigee runs list")
        case "done", "failed": throw RefusalError(.nothingToDo, "run \(run) has ended already")
        default: break
        }
        var answer = WireRunCancelled()
        try await store.cancel(run, at: clock.now)
        let (jobs, joined) = try await store.activeJobs(ofCancelled: run)
        let ids = Set(jobs.map(\.id))
        let wanted = joined.union(ids.filter { dispatcher.isWaitedFor($0, besides: ids) })
        let kept = JobTree(jobs).ancestors(of: wanted)
        var changes = JobChanges()
        try await end(jobs.filter { !kept.contains($0.id) }, isTrial: false, &changes) { dispatcher, id, now in
            dispatcher.cancel(id, reason: "run \(run) was cancelled \(note.text)", at: now)
        }
        answer.jobsCancelled = changes.answer.changed
        answer.jobsLeft = changes.answer.notYet
        answer.jobsKept = UInt64(jobs.count { $0.run == run && kept.contains($0.id) })
        // Who asks again finds by them what is left.
        if answer.jobsLeft == 0 { answer.joinsDropped = UInt64(try await store.dropJoins(of: run)) }
        return answer
    }
}
