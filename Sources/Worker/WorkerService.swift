import Concurrency
import HTTPFetch
import Jobs
package import Logging
package import MariaDB
import NNG
package import Protocol
import ServiceLifecycle

/// A worker as a service: acquires jobs, does them, tells what became of them, until it is stopped.
///
/// Told to stop, it acquires nothing more, lets each job stop at its next checkpoint, gives back what is left when most of the
/// grace time is over, and says goodbye.
package struct WorkerService: Service {
    private let settings: WorkerSettings
    private let client: CoordinatorClient
    private let pool: ConnectionPool
    private let works: [any Work]
    private let logger: Logger

    /// How long the first connection may take, and the coordinator to listen.
    private static let connectTime = Duration.seconds(15)
    /// How often nng is looked at.
    private static let probeInterval = Duration.seconds(30)

    /// Makes a worker.
    /// - Parameters:
    ///   - client: with an identity that names the kinds of `works` and the slots of `settings`.
    ///   - works: one per kind.
    package init(
        settings: WorkerSettings,
        client: CoordinatorClient,
        pool: ConnectionPool,
        works: [any Work],
        logger: Logger
    ) {
        self.settings = settings
        self.client = client
        self.pool = pool
        self.works = works
        self.logger = logger
    }

    /// Runs until graceful shutdown or cancellation.
    /// - Throws: `CoordinatorError` when the coordinator can't be reached or refuses the worker at the start; later outages
    ///   are waited out. ``WorkerFault`` when only a person, or a new process, can put right what is wrong.
    package func run() async throws {
        guard let session = try await connect() else { return }
        logger.info("worker started", metadata: ["perigee.slots": "\(settings.slots)"])
        let http = try HTTPClient(settings.http)
        let (stops, stop) = AsyncStream.makeStream(of: WorkerFault?.self, bufferingPolicy: .bufferingOldest(1))
        let fleet = JobFleet(
            settings: settings,
            client: client,
            pool: pool,
            http: http,
            works: works,
            session: session,
            onFault: { stop.yield($0) },
            onDrained: { stop.yield(nil) },
            logger: logger
        )
        let heartbeats = Task { await fleet.keepLeases() }
        let jobs = Task { await fleet.acquireJobs() }
        let watching = watch(stop)
        defer { watching.forEach { $0.cancel() } }
        let fault = await stops.first { _ in true } ?? nil
        if let fault { logger.error("the worker can't go on", metadata: ["perigee.error": "\(fault.cause)"]) }
        // Heartbeats go on until the last job is back.
        await finish(fleet, acquiring: jobs, heartbeats: heartbeats)
        await http.shutdown()
        if let fault { throw fault }
        logger.info("worker stopped")
    }

    /// The session; `nil` when the worker is told to stop before there is one.
    private func connect() async throws -> CoordinatorClient.Session? {
        let session: CoordinatorClient.Session
        do {
            session = try await cancelWhenGracefulShutdown {
                try await client.connect(within: Self.connectTime, waitsForListener: true)
            }
        } catch is CancellationError {
            await client.leave(within: settings.grace * 0.1)
            return nil
        }
        guard session.role == .worker else {
            await client.leave(within: settings.grace * 0.1)
            throw CannotBeDone("the secret is one of operators: give the worker the secret of its pool")
        }
        return session
    }

    /// Watches for what makes the worker stop: being told to, which is `nil`, or a fault. Goes on until cancelled.
    private func watch(_ stops: AsyncStream<WorkerFault?>.Continuation) -> [Task<Void, Never>] {
        [
            Task {
                try? await gracefulShutdown()
                stops.yield(nil)
            },
            Task {
                let error = try? await ProbeWatch(every: Self.probeInterval).run { error, failures in
                    logger.warning(
                        "nng doesn't close connections",
                        metadata: ["perigee.error": "\(error)", "perigee.failures": "\(failures)"]
                    )
                } _: { limit in
                    try await Probe.sendToSelf(within: limit)
                }
                guard let error else { return }
                stops.yield(WorkerFault(cause: "lost connections can't be made anew in this process: \(error)"))
            },
        ]
    }

    private func finish(_ fleet: JobFleet, acquiring: Task<Void, Never>, heartbeats: Task<Void, Never>) async {
        // Not cancelled along with this task: jobs have to be given back even then.
        await Task {
            logger.info("worker stops; jobs go to their next checkpoint")
            acquiring.cancel()
            await fleet.stopJobs()
            // What is left of the grace time is for the goodbye, for closing its connection, and for those to the database.
            let isEmpty = await fleet.waitUntilEmpty(within: settings.grace * 0.5)
            if !isEmpty {
                await fleet.interruptJobs()
                await fleet.waitUntilEmpty(within: settings.grace * 0.15)
            }
            heartbeats.cancel()
            await client.leave(within: settings.grace * 0.1)
        }.value
    }
}
