import Jobs
import Logging
import MariaDB
import Protocol

/// What operators do with jobs.
extension Coordinator {
    /// So many jobs one request changes at most.
    private static let jobsPerRequest = 500
    /// The time between two tries of a job whose row its worker has locked.
    private static let pauseForLocks = Duration.milliseconds(250)

    /// Retries, cancels or takes back jobs, or says what that would do.
    func changeJobs(_ change: WireChangeJobs) async throws -> WireResponse.OneOf_Body {
        let selection = try JobSelection(change.selection, for: change.verb)
        let note = OperatorNote(by: change.requestedBy, change.reason)
        guard journal.isHealthy else { throw RefusalError.unavailable }
        let changes = try await inTurn { coordinator in
            var changes = JobChanges()
            let jobs = try await coordinator.select(selection, &changes)
            switch change.verb {
            case .retry:
                try await coordinator.retry(
                    jobs,
                    isByNumber: !selection.ids.isEmpty,
                    isTrial: change.dryRun,
                    note,
                    &changes
                )
            case .cancel:
                try await coordinator.end(jobs, isTrial: change.dryRun, &changes) { dispatcher, id, now in
                    dispatcher.cancel(id, reason: note.text, at: now)
                }
            case .release:
                try await coordinator.end(jobs, isTrial: change.dryRun, &changes) { dispatcher, id, now in
                    dispatcher.takeBack(id, reason: note.text, at: now)
                }
            case .unspecified, .UNRECOGNIZED: break
            }
            return changes
        }
        if !change.dryRun, changes.answer.changed > 0 {
            logger.notice(
                "jobs changed by an operator",
                metadata: [
                    "perigee.verb": "\(change.verb)", "perigee.jobs": "\(changes.answer.changed)",
                    "perigee.requested_by": "\(note.who)", "perigee.reason": "\(note.why)",
                ]
            )
        }
        return .jobsChanged(changes.answer)
    }

    /// The jobs that are meant, as the table has them.
    private func select(_ selection: JobSelection, _ changes: inout JobChanges) async throws -> [Job] {
        if selection.ids.isEmpty {
            let limit = Self.jobsPerRequest
            let jobs = try await store.jobs(
                selection.filter,
                in: selection.states,
                after: selection.last,
                limit: limit + 1
            )
            if jobs.count > limit { changes.goOn(after: jobs[limit - 1].id) }
            return Array(jobs.prefix(limit))
        }
        let jobs = try await store.jobs(selection.ids)
        let found = Set(jobs.map(\.id))
        for id in selection.ids where !found.contains(id) { changes.leaveOut(id, "there is no such job") }
        for job in jobs where !selection.states.contains(job.state) {
            changes.leaveOut(job, "it is \(job.state.rawValue)")
        }
        return jobs.filter { selection.states.contains($0.state) }
    }

    private func retry(
        _ jobs: [Job],
        isByNumber: Bool,
        isTrial: Bool,
        _ note: OperatorNote,
        _ changes: inout JobChanges
    ) async throws {
        let dependencies = try await store.jobs(Array(Set(jobs.compactMap(\.dependsOn))).sorted())
        let rules = RetryRules(
            twins: try await store.twins(of: jobs),
            dependencies: Dictionary(dependencies.map { ($0.id, $0.state) }, uniquingKeysWith: { first, _ in first }),
            isByNumber: isByNumber
        )
        var after = dispatcher
        var transitions: [Transition] = []
        for (job, ruling) in rules.rule(on: jobs) {
            switch ruling {
            case .leaveOut(let why): changes.leaveOut(job, why)
            case .retry(let waits):
                let steps = after.retry(job, waits: waits, reason: note.text, at: clock.now)
                if steps.isEmpty { changes.leaveOutForNow(job, "its end is just being written") }
                transitions += steps
            }
        }
        if isTrial { return changes.note(transitions) }
        dispatcher = after
        changes.note(try await commit(transitions), of: transitions)
        guard !dispatcher.waitingJobs.isEmpty else { return }
        do {
            try await endDependencies()
        } catch {
            // What was asked for is done; the rest comes with catching up.
            isBehind = true
            logger.warning("jobs wait for others that may have ended", metadata: ["perigee.error": "\(error)"])
        }
    }

    /// Ends jobs, or their leases.
    func end(
        _ jobs: [Job],
        isTrial: Bool,
        _ changes: inout JobChanges,
        _ decide: @Sendable (inout Dispatcher, JobID, Timestamp) -> [Transition]
    ) async throws {
        // Planning that was broken off may have left some that memory doesn't know.
        let unknown = jobs.map(\.id).filter { dispatcher.job($0) == nil }
        if !unknown.isEmpty {
            // The end of some may have been on its way to the table.
            try await journal.flush()
            for job in try await store.jobs(unknown) where dispatcher.job(job.id) == nil {
                dispatcher.load(job, at: clock.now)
            }
        }
        if isTrial {
            var trial = dispatcher
            let transitions = jobs.flatMap { decide(&trial, $0.id, clock.now) }
            changes.note(transitions)
            changes.leaveOut(jobs, but: transitions, "it is just ending, or ended meanwhile")
            return
        }
        var left = jobs.map(\.id)
        var committed: [Transition] = []
        let end = ContinuousClock.now + settings.intervals.lockedRows
        while true {
            var decided = 0
            // A transaction for each part: its locks mustn't hold up a whole run.
            for start in stride(from: 0, to: left.count, by: Self.jobsPerRequest) {
                var clocks: [JobID: Dispatcher.LeaseClock] = [:]
                var transitions: [Transition] = []
                for id in left[start..<min(start + Self.jobsPerRequest, left.count)] {
                    clocks[id] = dispatcher.leaseClock(of: id)
                    transitions += decide(&dispatcher, id, clock.now)
                }
                committed += try await commit(transitions, passingOver: clocks)
                decided += transitions.count
            }
            let ended = Set(committed.map(\.after.id))
            left.removeAll { ended.contains($0) }
            if left.isEmpty || (decided == 0 && !left.contains { dispatcher.isUnsettled($0) }) || .now >= end { break }
            try await Task.sleep(for: Self.pauseForLocks)
        }
        changes.note(committed)
        var trial = dispatcher
        let lasting = Set(left.filter { dispatcher.isUnsettled($0) || !decide(&trial, $0, clock.now).isEmpty })
        for job in jobs where left.contains(job.id) {
            if lasting.contains(job.id) {
                changes.leaveOutForNow(job, "its worker is busy writing")
            } else {
                changes.leaveOut(job, "it ended meanwhile")
            }
        }
    }
}
