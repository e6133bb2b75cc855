import Catalog
import Coordinator
import Logging
import MariaDB
import ServiceLifecycle
import UnixSignals
import Worker

/// The processes that go on until they are stopped.
package enum Daemons {
    /// Runs a coordinator until SIGTERM or SIGINT.
    /// - Parameter standby: whether it waits until no other works.
    /// - Throws: what is wrong at the start; what makes going on impossible.
    package static func runCoordinator(_ settings: Settings, standby: Bool) async throws {
        let logger = try settings.logger(label: "coordinator", standard: .info)
        let own = try settings.coordinatorSettings(isStandby: standby)
        let pool = try settings.connectionPool(
            limit: try settings.integer(.coordinatorConnections, in: 2...100),
            logger: logger
        )
        try await Schema.check(on: pool)
        let service = CoordinatorService(settings: own, pool: pool, logger: logger)
        try await run(service, pool: pool, closingWithin: .seconds(2), logger: logger)
    }

    /// Runs a worker until SIGTERM or SIGINT.
    /// - Throws: what is wrong at the start.
    package static func runWorker(_ settings: Settings) async throws {
        var logger = try settings.logger(label: "worker", standard: .info)
        let works: [any Work] = [WikisWork(), ModulesWork(), FollowWork()]
        let own = try settings.workerSettings()
        let client = try settings.workerClient(works: works, logger: logger)
        logger[metadataKey: "perigee.worker"] = settings.string(.workerName).map { "\($0)" }
        let pool = try settings.connectionPool(
            limit: try settings.integer(.workerConnections, in: 1...100),
            logger: logger
        )
        try await Schema.check(on: pool)
        let service = WorkerService(settings: own, client: client, pool: pool, works: works, logger: logger)
        try await run(service, pool: pool, closingWithin: own.grace * 0.1, logger: logger)
    }

    private static func run(
        _ service: some Service,
        pool: ConnectionPool,
        closingWithin closingTime: Duration,
        logger: Logger
    ) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: service,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            await pool.shutdown(within: closingTime)
            throw error
        }
        await pool.shutdown(within: closingTime)
    }
}
