import Concurrency
import HTTPFetch
import Jobs
import Logging
import MariaDB
import Protocol

/// The jobs that this worker has: acquired, renewed, done, told of.
actor JobFleet {
    private let settings: WorkerSettings
    private let client: CoordinatorClient
    private let pool: ConnectionPool
    private let http: HTTPClient
    private let works: [JobKind: any Work]
    private var session: CoordinatorClient.Session
    private let reporter: Reporter
    private let board: HoldBoard
    private let onFault: @Sendable (WorkerFault) -> Void
    private let onDrained: @Sendable () -> Void
    private let logger: Logger
    private var jobs: [JobID: JobControl] = [:]
    private var isStopping = false
    /// An operator wants it to do nothing more.
    private var isDraining = false
    /// Whether it was ever told to work: what begins under a cordon doesn't leave because of it.
    private var hasRun = false
    private var slotWaiters: [CheckedContinuation<Void, Never>] = []

    private static let parking = Duration.seconds(30)
    /// How often leases are looked at.
    private static let tick = Duration.milliseconds(250)
    /// What resources asked for is told at once, though not more often than this.
    private static let newsInterval = Duration.seconds(1)
    /// No heartbeat tells of more resources that asked for time.
    private static let waitLimit = 64
    private static let retryPolicy = RetryPolicy(initialDelay: .milliseconds(500), maximumDelay: .seconds(15))

    init(
        settings: WorkerSettings,
        client: CoordinatorClient,
        pool: ConnectionPool,
        http: HTTPClient,
        works: [any Work],
        session: CoordinatorClient.Session,
        onFault: @escaping @Sendable (WorkerFault) -> Void,
        onDrained: @escaping @Sendable () -> Void,
        logger: Logger
    ) {
        self.settings = settings
        self.client = client
        self.pool = pool
        self.http = http
        self.works = Dictionary(works.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        self.session = session
        self.onFault = onFault
        self.onDrained = onDrained
        self.logger = logger
        board = HoldBoard(patience: session.heartbeat)
        reporter = Reporter(client: client, logger: logger)
    }

    // MARK: Acquiring

    /// Asks for as many jobs as there are free slots, again and again until cancelled.
    func acquireJobs() async {
        var failures = 0
        while !Task.isCancelled, !isStopping {
            await waitForSlot()
            if isStopping { return }
            var acquire = WireAcquire()
            acquire.slots = UInt32(settings.slots - jobs.count)
            acquire.waitMilliseconds = UInt32(clamping: Self.parking.microseconds / 1000)
            do {
                let response = try await client.send(
                    .acquire(acquire),
                    within: Self.parking * 4,
                    parking: Self.parking
                )
                failures = 0
                guard case .grants(let grants) = response.body else { continue }
                for grant in grants.grants { start(grant) }
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                logger.warning("no work acquired; trying again", metadata: ["perigee.error": "\(error)"])
                try? await Task.sleep(for: Self.retryPolicy.delay(afterFailedAttempts: failures) ?? .zero)
            }
        }
    }

    private func waitForSlot() async {
        while jobs.count >= settings.slots || isDraining, !isStopping {
            await withCheckedContinuation { slotWaiters.append($0) }
        }
    }

    private func wakeSlotWaiters() {
        let waiters = slotWaiters
        slotWaiters = []
        waiters.forEach { $0.resume() }
    }

    // MARK: Doing

    private func start(_ grant: WireGrant) {
        guard let leaseID = RandomID(bytes: grant.lease.leaseID) else { return }
        let lease = Lease(job: JobID(rawValue: grant.lease.job), attempt: grant.lease.attempt, id: leaseID)
        let shares = grant.shares.map(Share.init)
        let control = JobControl(
            lease: lease,
            pace: Pace(shares, board: board),
            isEndless: works[JobKind(rawValue: grant.kind)]?.isEndless ?? false,
            leaseEnds: .now + session.firstLease
        )
        // The coordinator may have given up an older lease of this job, of which this worker hasn't heard yet.
        jobs[lease.job]?.lose()
        jobs[lease.job] = control
        if isStopping { control.stop() }
        let kind = JobKind(rawValue: grant.kind)
        var logger = logger
        logger[metadataKey: "perigee.job.id"] = "\(lease.job)"
        logger[metadataKey: "perigee.attempt"] = "\(lease.attempt)"
        logger[metadataKey: "perigee.kind"] = "\(kind)"
        if !grant.wiki.isEmpty { logger[metadataKey: "perigee.wiki"] = "\(grant.wiki)" }
        let context = WorkContext(
            lease: lease,
            kind: kind,
            wiki: grant.wiki,
            shard: grant.shard,
            site: shares.first?.resource ?? Resource(rawValue: ""),
            parameters: Array(grant.parameters),
            pool: pool,
            http: http,
            settings: settings,
            logger: logger,
            control: control,
            board: board
        )
        control.attach(
            Task {
                let result = await perform(context)
                await reporter.report(result, of: control)
                end(control)
            }
        )
    }

    @concurrent
    private nonisolated func perform(_ context: WorkContext) async -> JobResult {
        guard let work = works[context.kind] else {
            return .failed(
                message: "this worker doesn't know the kind \(context.kind)",
                permanent: false,
                resource: nil
            )
        }
        do {
            let counts = try await work.run(context)
            context.logger.info("job done")
            // All is written, whatever became of the lease since: the coordinator knows whether that counts.
            return context.control.standing == .takenBack ? .lost : .completed(counts: counts)
        } catch {
            let result = JobResult(error, lease: context.control.standing, site: context.site, wiki: context.wiki)
            switch result {
            case .failed(let message, _, _):
                context.logger.warning("job failed", metadata: ["perigee.error": "\(message)"])
            case .unable(let fault):
                onFault(fault)
            case .completed, .released, .lost:
                context.logger.info("job broken off", metadata: ["perigee.reason": "\(error)"])
            }
            return result
        }
    }

    private func end(_ control: JobControl) {
        if jobs[control.lease.job] === control { jobs[control.lease.job] = nil }
        wakeSlotWaiters()
        leaveIfDrained()
    }

    // MARK: Heartbeats

    /// Renews all leases every so often, and drops those that are over, until cancelled.
    func keepLeases() async {
        async let expiring: Void = dropExpired()
        var lastSent: ContinuousClock.Instant?
        while !Task.isCancelled {
            if isHeartbeatDue(after: lastSent) {
                let sent = ContinuousClock.now
                lastSent = sent
                await sendHeartbeat(sent: sent)
            }
            try? await Task.sleep(for: Self.tick)
        }
        await expiring
    }

    /// A grant is confirmed soon, though not for jobs that take no time at all.
    private func isHeartbeatDue(after lastSent: ContinuousClock.Instant?) -> Bool {
        let now = ContinuousClock.now
        guard let lastSent, now - lastSent < session.heartbeat else { return true }
        if board.hasNews, now - lastSent >= Self.newsInterval { return true }
        return jobs.values.contains { !$0.isConfirmed && now - $0.grantedAt >= Self.tick }
    }

    /// The work on a lease that is over ends soon: requests that it has under way would go beside those of the next holder.
    private func dropExpired() async {
        while !Task.isCancelled {
            for control in jobs.values { control.expireIfDue() }
            try? await Task.sleep(for: Self.tick)
        }
    }

    private func sendHeartbeat(sent: ContinuousClock.Instant) async {
        let controls = Array(jobs.values)
        var heartbeat = WireHeartbeat()
        heartbeat.leases = controls.map(WireProgress.init)
        let news = board.news(limit: Self.waitLimit)
        heartbeat.waits = news.map(WireWait.init)
        guard let response = try? await client.send(.heartbeat(heartbeat), within: session.heartbeat),
            case .verdicts(let verdicts) = response.body
        else { return }
        board.told(news)
        // Another coordinator may have other times.
        if let latest = await client.latestSession { session = latest }
        for (control, verdict) in zip(controls, verdicts.verdicts) where verdict.job == control.lease.job.rawValue {
            switch verdict.ruling {
            case .held:
                control.renew(until: sent + session.lease)
                control.pace.take(verdict.shares.map(Share.init))
            case .lost:
                control.lose()
            case .unspecified, .UNRECOGNIZED:
                break
            }
        }
        follow(verdicts.directive, reason: verdicts.reason)
    }

    // MARK: Draining

    /// Does what the coordinator wants of the process as a whole.
    private func follow(_ directive: WireVerdicts.Directive, reason: String) {
        switch directive {
        case .drain, .stop:
            if !isDraining {
                isDraining = true
                logger.notice(
                    hasRun ? "the worker finishes its jobs and leaves" : "the worker stays idle until it is resumed",
                    metadata: ["perigee.reason": "\(reason)"]
                )
            }
            for control in jobs.values where directive == .stop || control.isEndless { control.stop() }
            leaveIfDrained()
        case .run, .unspecified, .UNRECOGNIZED:
            hasRun = true
            guard isDraining else { return }
            isDraining = false
            logger.notice("the worker works again")
            wakeSlotWaiters()
        }
    }

    private func leaveIfDrained() {
        if isDraining, hasRun, jobs.isEmpty { onDrained() }
    }

    // MARK: Stopping

    /// Asks all jobs to stop at their next checkpoint, and starts no more.
    func stopJobs() {
        isStopping = true
        for control in jobs.values { control.stop() }
        wakeSlotWaiters()
    }

    /// Ends all jobs where they are.
    func interruptJobs() {
        for control in jobs.values { control.interrupt() }
    }

    /// Waits until no job is left. False when the time was over first.
    @discardableResult
    func waitUntilEmpty(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while !jobs.isEmpty, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        return jobs.isEmpty
    }
}
