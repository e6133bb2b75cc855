import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

extension Coordinator {
    // MARK: Heartbeats

    /// Renews the leases of a worker, and takes to heart what resources told it.
    ///
    /// Not while another coordinator may have the term: that one counts on nobody renewing what it is about to take back.
    func verdicts(
        on heartbeat: WireHeartbeat,
        of session: SessionTable.Session
    ) throws -> WireResponse.OneOf_Body {
        try checkCount(heartbeat.leases.count)
        try checkCount(heartbeat.waits.count)
        guard !keeper.isUnsure else { throw RefusalError.unavailable }
        let now = clock.now
        var verdicts = WireVerdicts()
        (verdicts.directive, verdicts.reason) = directive(for: session)
        let leases = try heartbeat.leases.map { progress throws(RefusalError) in try Lease(progress.lease) }
        dispatcher.heard(from: session.incarnation, of: leases, at: now)
        let used = Set(
            dispatcher.leases(of: session.incarnation).compactMap { dispatcher.job($0.job) }
                .flatMap { kinds.resources(of: $0) }
        )
        for wait in heartbeat.waits {
            holdBack(wait.resource, milliseconds: wait.waitMilliseconds, reason: wait.reason, amongst: used)
        }
        for (lease, progress) in zip(leases, heartbeat.leases) {
            var verdict = WireVerdict()
            verdict.job = lease.job.rawValue
            if dispatcher.renew(lease, worker: session.incarnation, at: now) {
                verdict.ruling = .held
                verdict.shares = dispatcher.shares(of: lease, inForce: inForce(progress), at: now)
                    .filter { $0.perMinute != nil || $0.hold != nil }.map(WireShare.init)
            } else {
                verdict.ruling = .lost
            }
            verdicts.verdicts.append(verdict)
        }
        return .verdicts(verdicts)
    }

    private func inForce(_ progress: WireProgress) -> [Resource: Double] {
        Dictionary(
            progress.shares.prefix(16).map { share in
                (Resource(rawValue: share.resource), share.none ? 0 : max(0, share.requestsPerMinute))
            },
            uniquingKeysWith: max
        )
    }

    // MARK: What became of jobs

    /// Jobs that are finished.
    func outcomes(of complete: WireComplete, by session: SessionTable.Session) async throws -> WireResponse.OneOf_Body {
        try await outcomes(
            of: complete.completions.map { completion throws(RefusalError) in
                guard completion.counts.count <= 64, completion.counts.keys.allSatisfy({ $0.utf8.count <= 64 }) else {
                    throw RefusalError(.malformed, "at most 64 counts, with names of at most 64 bytes")
                }
                return (
                    try Lease(completion.lease),
                    .completed(counts: completion.counts, checkpoint: completion.checkpointSequence)
                )
            },
            by: session
        )
    }

    /// Jobs whose work went wrong.
    func outcomes(of fail: WireFail, by session: SessionTable.Session) async throws -> WireResponse.OneOf_Body {
        try checkCount(fail.failures.count)
        let leases = try fail.failures.map { failure throws(RefusalError) in try Lease(failure.lease) }
        guard journal.isHealthy else { throw RefusalError.unavailable }
        for (failure, lease) in zip(fail.failures, leases) {
            holdBack(failure.resource, milliseconds: 0, reason: failure.message, for: lease, of: session)
        }
        return try await outcomes(
            of: zip(fail.failures, leases).map { failure, lease in
                (lease, .failed(message: String(failure.message.prefix(1024)), permanent: failure.permanent))
            },
            by: session
        )
    }

    /// Jobs that come back unfinished.
    func outcomes(of release: WireRelease, by session: SessionTable.Session) async throws -> WireResponse.OneOf_Body {
        try checkCount(release.handbacks.count)
        let leases = try release.handbacks.map { handback throws(RefusalError) in try Lease(handback.lease) }
        guard journal.isHealthy else { throw RefusalError.unavailable }
        for (handback, lease) in zip(release.handbacks, leases) {
            holdBack(
                handback.resource,
                milliseconds: handback.waitMilliseconds,
                reason: handback.reason,
                for: lease,
                of: session
            )
        }
        return try await outcomes(
            of: zip(release.handbacks, leases).map { handback, lease in
                let wait = min(Duration.milliseconds(handback.waitMilliseconds), QuotaLedger.longestHoldBack)
                let reason = String(handback.reason.prefix(1024))
                return (lease, .released(reason: reason, wait: wait))
            },
            by: session
        )
    }

    private func outcomes(
        of reports: [(lease: Lease, event: JobEvent)],
        by session: SessionTable.Session
    ) async throws -> WireResponse.OneOf_Body {
        try checkCount(reports.count)
        guard journal.isHealthy else { throw RefusalError.unavailable }
        var transitions: [Transition] = []
        for report in reports {
            transitions += dispatcher.report(
                report.event,
                for: report.lease,
                worker: session.incarnation,
                at: clock.now
            )
        }
        let written = try await commit(transitions)
        for transition in written { tell(transition, by: session) }
        heed(written)
        let committed = Set(written.map(\.before.lease))
        var outcomes = WireOutcomes()
        outcomes.outcomes = reports.map { report in
            var outcome = WireOutcome()
            outcome.job = report.lease.job.rawValue
            outcome.ruling = committed.contains(report.lease) ? .accepted : .stale
            return outcome
        }
        return .outcomes(outcomes)
    }

    // MARK: Leaving

    /// The worker leaves: what it still holds goes back.
    func farewell(to session: SessionTable.Session) async throws -> WireResponse.OneOf_Body {
        releaseParked(of: session.incarnation)
        var transitions: [Transition] = []
        for lease in dispatcher.leases(of: session.incarnation) {
            transitions += dispatcher.report(
                .released(reason: "the worker left", wait: .zero),
                for: lease,
                worker: session.incarnation,
                at: clock.now
            )
        }
        try await commit(transitions)
        sessions.remove(session)
        dispatcher.unregister(session.incarnation)
        answers.forget(session: session.token)
        if session.role == .worker {
            try await store.noteDeparture(of: [session.incarnation], lost: false, at: clock.now)
            logger.info("worker left", metadata: ["perigee.worker": "\(session.name)"])
        }
        return .farewell(WireFarewell())
    }

    // MARK: The table

    /// Writes transitions that were decided, brings memory and table together where they differ, and serves those who wait.
    /// - Parameter leaseClocks: of the leases that are taken back by them. A row that is locked is passed over then, as by
    ///   `JobStore.commit`, and its job stays as it was.
    /// - Returns: those that are in the table.
    @discardableResult
    func commit(
        _ transitions: [Transition],
        passingOver leaseClocks: [JobID: Dispatcher.LeaseClock]? = nil
    ) async throws -> [Transition] {
        guard !transitions.isEmpty else { return [] }
        let verdicts: [JobStore.Verdict]
        do {
            verdicts = try await journal.commit(transitions, skippingLocked: leaseClocks != nil)
        } catch {
            dispatcher.revert(transitions, at: clock.now)
            throw error
        }
        let (committed, differed) = dispatcher.take(
            verdicts,
            on: transitions,
            takingBack: leaseClocks ?? [:],
            at: clock.now
        )
        // What a job waited for may have ended, though its own row was passed over.
        if zip(transitions, verdicts).contains(where: { $0.cause != nil && $1 == .passedOver }) { isBehind = true }
        let passedOver = Set(zip(transitions, verdicts).filter { $1 == .passedOver }.map(\.0.before.id))
        let caused = Set(transitions.filter { $0.cause.map(passedOver.contains) ?? false }.map(\.before.id))
        for job in differed where !caused.contains(job) {
            logger.warning(
                "memory and table differed on a job; the table holds",
                metadata: ["perigee.job.id": "\(job)"]
            )
        }
        serveParked()
        return committed
    }

    /// Holds back what a job went to, if it is this worker's job and one of its resources.
    private func holdBack(
        _ name: String,
        milliseconds: UInt32,
        reason: String,
        for lease: Lease,
        of session: SessionTable.Session
    ) {
        guard !name.isEmpty, let job = dispatcher.job(lease.job), job.lease == lease,
            job.holder?.worker == session.incarnation
        else { return }
        holdBack(name, milliseconds: milliseconds, reason: reason, amongst: Set(kinds.resources(of: job)))
    }

    private func holdBack(_ name: String, milliseconds: UInt32, reason: String, amongst used: Set<Resource>) {
        let resource = Resource(rawValue: name)
        guard used.contains(resource) else { return }
        let wait: Duration? = milliseconds > 0 ? .milliseconds(milliseconds) : nil
        dispatcher.holdBack(resource, for: wait, reason: String(reason.prefix(200)), at: clock.now)
        logger.notice(
            "resource held back",
            metadata: ["perigee.resource": "\(name)", "perigee.reason": "\(reason.prefix(200))"]
        )
    }

    private func tell(_ transition: Transition, by session: SessionTable.Session) {
        let job = transition.after
        logger.info(
            "job \(transition.story.name.rawValue)",
            metadata: [
                "perigee.job.id": "\(job.id)", "perigee.kind": "\(job.kind)", "perigee.wiki": "\(job.wiki)",
                "perigee.attempt": "\(job.attempt)", "perigee.worker": "\(session.name)",
                "perigee.detail": "\(transition.story.detail ?? "")",
            ]
        )
    }

    private func checkCount(_ count: Int) throws(RefusalError) {
        guard count <= Wire.maximumLeases else {
            throw RefusalError(.malformed, "a message names at most \(Wire.maximumLeases) leases")
        }
    }
}
