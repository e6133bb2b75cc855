import Catalog
import Concurrency
import FoundationEssentials
package import Jobs
package import Logging
package import MariaDB
import NNG
import Protocol
import ServiceLifecycle

/// A coordinator as a service: takes the term, brings memory to the state of the table, and answers until it is stopped.
package struct CoordinatorService: Service {
    private let settings: CoordinatorSettings
    private let pool: ConnectionPool
    private let kinds: KindCatalog
    private let logger: Logger
    private let onListening: @Sendable (String) -> Void

    private static let stopTime = Duration.seconds(5)

    /// Makes a coordinator.
    /// - Parameters:
    ///   - pool: at least two connections.
    ///   - onListening: told the address, with the real port, when requests are answered.
    package init(
        settings: CoordinatorSettings,
        pool: ConnectionPool,
        kinds: KindCatalog = .standard,
        logger: Logger,
        onListening: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.settings = settings
        self.pool = pool
        self.kinds = kinds
        self.logger = logger
        self.onListening = onListening
    }

    /// Runs until graceful shutdown or cancellation.
    /// - Throws: `Deposed` when another coordinator has taken over; what makes going on impossible, so that the supervisor
    ///   starts it anew.
    package func run() async throws {
        while true {
            if settings.isStandby {
                let standby = Standby(pool: pool, takeover: settings.takeover, logger: logger)
                guard try await standby.waitForTerm() else { return }
            }
            do {
                return try await listen()
            } catch let held as TermHeld {
                logger.notice("another standby was quicker", metadata: ["perigee.active": "\(held)"])
            }
        }
    }

    private func listen() async throws {
        var options = ReplierOptions()
        options.maximumMessageSize = Wire.maximumMessageSize
        // Before the term is taken: one that can't listen mustn't depose one that can. Requests wait meanwhile.
        let replier = try await Replier.listen(on: settings.listen, tls: settings.tls, options: options)
        do {
            try await run(replier)
        } catch {
            await replier.stop(within: Self.stopTime)
            throw error
        }
    }

    private func run(_ replier: Replier) async throws {
        let begun = ContinuousClock.now
        let startedAt = Timestamp.now
        let store = try await JobStore.takeTerm(
            in: pool,
            incarnation: RandomID.random(),
            host: Identity.hostName,
            software: settings.software,
            takeover: settings.takeover,
            deposing: !settings.isStandby,
            at: startedAt
        )
        let keeper = TermKeeper(store: store, takeover: settings.takeover, takenAt: begun)
        do {
            try await run(replier, store: store, keeper: keeper, startedAt: startedAt)
        } catch {
            await keeper.release()
            throw error
        }
        await keeper.release()
    }

    private func run(_ replier: Replier, store: JobStore, keeper: TermKeeper, startedAt: Timestamp) async throws {
        var logger = logger
        logger[metadataKey: "perigee.term"] = "\(store.term)"
        let journal = Journal(store: store, logger: logger)
        let coordinator = Coordinator(
            settings: settings,
            store: store,
            keeper: keeper,
            wikis: WikiTable(pool),
            changes: WikiChanges(pool),
            kinds: kinds,
            journal: journal,
            logger: logger
        )
        // Loading may take longer than a standby waits.
        let renewing = Task {
            try await repeating(every: TermKeeper.interval(for: settings.takeover), logger: logger) {
                try await keeper.renew()
            }
        }
        defer { renewing.cancel() }
        try await coordinator.loadTables()
        try await coordinator.planLeftovers()
        let jobs = await coordinator.dispatcher.jobCount
        logger.info(
            "coordinator listening",
            metadata: ["perigee.address": "\(replier.boundAddress)", "perigee.jobs": "\(jobs)"]
        )
        onListening(replier.boundAddress)
        try await serve(
            coordinator,
            replier: replier,
            renewing: renewing,
            store: store,
            startedAt: startedAt,
            logger: logger
        )
    }

    private func serve(
        _ coordinator: Coordinator,
        replier: Replier,
        renewing: Task<Void, any Error>,
        store: JobStore,
        startedAt: Timestamp,
        logger: Logger
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await replier.run { await coordinator.answer($0) } }
            group.addTask {
                try await withTaskCancellationHandler {
                    try await renewing.value
                } onCancel: {
                    renewing.cancel()
                }
            }
            group.addTask {
                try await repeating(every: settings.intervals.tick, logger: logger) {
                    if let error = coordinator.journal.endedBy { throw error }
                    await coordinator.tick()
                }
            }
            group.addTask {
                try await repeating(every: settings.intervals.tick, logger: logger) { try await coordinator.reap() }
            }
            group.addTask {
                try await repeating(every: settings.intervals.catchUp, logger: logger) {
                    try await coordinator.catchUp()
                }
            }
            group.addTask {
                try await repeating(every: settings.intervals.changes, logger: logger) {
                    try await coordinator.planChanges()
                }
            }
            group.addTask {
                try await repeating(every: settings.intervals.workerNotes, logger: logger) {
                    try await coordinator.noteWorkers()
                }
            }
            group.addTask {
                try await repeating(every: settings.intervals.pauses, logger: logger) {
                    try await coordinator.reconcile()
                }
            }
            group.addTask {
                try await repeating(every: settings.intervals.sources, logger: logger) {
                    try await coordinator.tidySources()
                }
            }
            group.addTask {
                // Not while workers come and leases are sorted out.
                try await Task.sleep(until: coordinator.firstReaping)
                try await repeating(every: settings.intervals.retention, logger: logger) {
                    try await coordinator.keepRetention()
                }
            }
            group.addTask { try await watch(replier, logger: logger) }
            if let tls = settings.tls {
                group.addTask { try await renewCertificates(tls, of: replier, logger: logger) }
            }
            group.addTask {
                try await Task.sleep(until: coordinator.firstReaping)
                try await noteOrphans(before: startedAt, store: store, logger: logger)
                try await gracefulShutdown()
            }
            group.addTask { try await gracefulShutdown() }
            // Also those who wait for a database that is away have to go.
            defer {
                coordinator.journal.end(CancellationError())
                group.cancelAll()
            }
            let end = await group.nextResult()
            await coordinator.endRetention()
            await replier.stop(within: Self.stopTime)
            // Being told to stop is no error.
            if case .failure(let error) = end, !(error is CancellationError) { throw error }
        }
        logger.info("coordinator stopped")
    }

    /// Calls those lost that registered with an earlier coordinator only, in the end.
    private func noteOrphans(before time: Timestamp, store: JobStore, logger: Logger) async throws {
        while true {
            do {
                return try await store.noteOrphans(before: time)
            } catch let error as Deposed {
                throw error
            } catch {
                logger.warning("lost workers can't be noted yet", metadata: ["perigee.error": "\(error)"])
            }
            try await Task.sleep(for: settings.intervals.workerNotes)
        }
    }

    /// Does something every so often. Errors that may pass are logged; being deposed ends it.
    private func repeating(
        every interval: Duration,
        logger: Logger,
        _ body: () async throws -> Void
    ) async throws {
        while true {
            do {
                try await body()
            } catch let error as Deposed {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.error("housekeeping failed; trying again", metadata: ["perigee.error": "\(error)"])
            }
            try await Task.sleep(for: interval)
        }
    }

    /// Has the listener use certificates and revocations that were replaced, for connections that are made from then on.
    private func renewCertificates(_ tls: TLSFiles, of replier: Replier, logger: Logger) async throws {
        var known = tls.changes
        try await repeating(every: settings.intervals.certificates, logger: logger) {
            let changes = tls.changes
            guard changes != known else { return }
            try await replier.updateTLS(tls)
            known = changes
            logger.notice("certificates renewed")
        }
    }

    /// Dials itself: a listener that has gone deaf says nothing of it.
    private func watch(_ replier: Replier, logger: Logger) async throws {
        _ = try await ProbeWatch(every: settings.intervals.probe).run { error, failures in
            logger.warning(
                "can't reach itself",
                metadata: ["perigee.error": "\(error)", "perigee.failures": "\(failures)"]
            )
        } _: { limit in
            try await replier.probe(tls: settings.tls, within: limit)
        }
        throw DeafListener(address: replier.boundAddress)
    }
}

/// The coordinator can't reach its own listener any more.
package struct DeafListener: Error, Sendable, CustomStringConvertible {
    package let address: String

    package var description: String {
        "the coordinator can't reach itself at \(address) any more; it ends, to be started anew"
    }
}
