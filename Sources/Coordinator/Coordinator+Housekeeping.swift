import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

extension Coordinator {
    /// Workers that said nothing for so long are called lost.
    private static let silence = Duration.seconds(60)

    /// Takes cordons and active jobs from the table, as a coordinator does when it starts.
    func loadTables() async throws {
        cordons = Cordons(try await store.cordons())
        try await forEachActiveJob { dispatcher.load($0, at: clock.now) }
        try await endDependencies()
        for pause in try await store.pauses(at: clock.now) {
            dispatcher.pause(pause)
            errors.remember(pause)
        }
    }

    /// Calls `body` with each active job of the table, in batches.
    func forEachActiveJob(_ body: (Job) -> Void) async throws {
        var last: JobID?
        let batch = 1000
        while true {
            let jobs = try await store.activeJobs(after: last, limit: batch)
            jobs.forEach(body)
            last = jobs.last?.id
            if jobs.count < batch { break }
        }
    }

    /// Jobs that wait for one that has ended: the last coordinator died in between.
    func endDependencies() async throws {
        let waiting = dispatcher.waitingJobs
        let dependencies = try await store.jobs(Array(Set(waiting.compactMap(\.dependsOn))).sorted())
        let ended = Dictionary(
            dependencies.filter { !$0.state.isActive }.map { ($0.id, $0.state) },
            uniquingKeysWith: { first, _ in first }
        )
        for job in waiting {
            guard let state = job.dependsOn.flatMap({ ended[$0] }) else { continue }
            try await commit(dispatcher.dependencyEnded(of: job.id, done: state == .done, at: clock.now))
        }
    }

    /// What is to be done every so often and never waits: sends away those who waited for long enough, wakes what was
    /// snoozed.
    func tick() {
        releaseParked(at: clock.now)
        serveParked()
        // Nothing can be renewed or reaped in the table: nobody is to blame for that.
        if !canGrant { dispatcher.extendAllLeases(at: clock.now) }
    }

    /// Takes back the leases whose time is over, but not while workers have had no time to come to a new coordinator.
    func reap() async throws {
        guard ContinuousClock.now >= firstReaping, canGrant else { return }
        do {
            for lease in dispatcher.expiredLeases(at: clock.now) { try await reap(lease) }
        } catch {
            dispatcher.extendAllLeases(at: clock.now)
            throw error
        }
    }

    /// Takes back one lease. A row that is locked is left for the next time: its worker is in the middle of a transaction,
    /// and the others mustn't wait for it.
    private func reap(_ lease: Lease) async throws {
        let checkpoint = try await store.checkpointSequence(of: lease.job)
        let clocks = dispatcher.leaseClock(of: lease.job).map { [lease.job: $0] } ?? [:]
        let transitions = dispatcher.expire(lease, checkpoint: checkpoint, at: clock.now)
        for transition in try await commit(transitions, passingOver: clocks) {
            logger.warning(
                "job \(transition.story.name.rawValue)",
                metadata: [
                    "perigee.job.id": "\(transition.after.id)", "perigee.wiki": "\(transition.after.wiki)",
                    "perigee.detail": "\(transition.story.detail ?? "")",
                ]
            )
        }
    }

    /// Notes in the table who is alive, and forgets who isn't.
    func noteWorkers() async throws {
        // Also where no worker is left whose row would tell.
        try await store.confirmTerm()
        try await noticeRestart()
        let now = clock.now
        let workers = sessions.all.filter { $0.role == .worker }
        let (silent, alive) = (
            workers.filter { $0.seenAt.advanced(by: Self.silence) <= now },
            workers.filter { $0.seenAt.advanced(by: Self.silence) > now }
        )
        try await store.noteAlive(alive.map(\.incarnation), at: now)
        try await store.noteDeparture(of: silent.map(\.incarnation), lost: true, at: now)
        for session in sessions.forgetSilent(at: now) {
            answers.forget(session: session.token)
            dispatcher.unregister(session.incarnation)
        }
    }

    /// Looks whether the database's server was started anew: it may have forgotten what memory knows to be written.
    private func noticeRestart() async throws {
        let start = try await store.serverStart()
        defer { databaseStart = start }
        // The server counts in seconds.
        guard let known = databaseStart, known.advanced(by: .seconds(2)) < start else { return }
        logger.notice("the database was started anew; comparing memory with its tables")
        isBehind = true
    }

    /// What only memory knows.
    func status(parkedRequests: Int) -> WireStatus {
        let now = clock.now
        var status = WireStatus()
        status.software = settings.software
        status.uptimeMilliseconds = UInt64(clamping: (ContinuousClock.now - startedAt).microseconds / 1000)
        status.parkedRequests = UInt32(clamping: parkedRequests)
        status.workers = sessions.all.filter { $0.role == .worker }.map { session in
            var worker = WireWorkerStatus()
            worker.name = session.name
            worker.incarnation = Data(session.incarnation.bytes)
            worker.slots = UInt32(clamping: session.slots)
            worker.leases = UInt32(clamping: dispatcher.leases(of: session.incarnation).count)
            worker.lastSeenMillisecondsAgo = UInt64(clamping: session.seenAt.duration(to: now).microseconds / 1000)
            return worker
        }
        status.resources = dispatcher.quotas.reports(at: now).map { report in
            var resource = WireResourceStatus()
            resource.name = report.resource.rawValue
            resource.inUse = UInt32(clamping: report.inUse)
            resource.limit = UInt32(clamping: report.limit)
            let wait = report.heldBackUntil.map { now.duration(to: $0).microseconds / 1000 } ?? 0
            resource.heldBackMilliseconds = UInt64(clamping: wait)
            resource.reason = report.reason
            return resource
        }
        status.pauses = dispatcher.pauses.all(at: now).map(WirePauseStatus.init)
        return status
    }
}
