import Concurrency
import Coordinator
import Foundation
import Jobs
import Logging
import MariaDB
import NNG
import Protocol
import ServiceLifecycle

/// A coordinator that runs in this process, as a service.
struct RunningCoordinator {
    let address: String
    private let group: ServiceGroup
    private let running: Task<Void, any Error>
    private let installation: Installation

    static func start(_ installation: Installation) async throws -> RunningCoordinator {
        let (addresses, address) = AsyncStream<String>.makeStream()
        let service = CoordinatorService(
            settings: installation.settings,
            pool: ConnectionPool(settings: installation.database, limit: 3, logger: Installation.logger),
            kinds: installation.kinds,
            logger: Installation.logger,
            onListening: { address.yield($0) }
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: Installation.logger
            )
        )
        let running = Task {
            defer { address.finish() }
            try await group.run()
        }
        for await address in addresses {
            return RunningCoordinator(address: address, group: group, running: running, installation: installation)
        }
        // It ended without listening.
        try await running.value
        throw DidNotListen()
    }

    /// Stops it as SIGTERM does.
    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await running.result
    }

    /// Ends it without a chance to do anything more than close its socket.
    func kill() async {
        running.cancel()
        _ = await running.result
    }

    /// What it ended with by itself.
    func end() async -> (any Error)? {
        do {
            try await running.value
            return nil
        } catch {
            return error
        }
    }

    // MARK: Clients

    /// A worker that does nothing by itself.
    /// - Parameter others: further addresses that it tries.
    func worker(
        _ name: String = "worker",
        kinds: [String] = ["modules", "wikis"],
        secret: Secret = Installation.workerSecret,
        tryTime: Duration = .seconds(20),
        others: [String] = []
    ) throws -> FakeWorker {
        FakeWorker(
            client: try client(name, kinds: kinds, slots: 4, secret: secret, tryTime: tryTime, others: others)
        )
    }

    /// An operator at the command line.
    func admin(others: [String] = []) throws -> FakeOperator {
        FakeOperator(
            client: try client("operator", kinds: [], slots: 0, secret: Installation.operatorSecret, others: others)
        )
    }

    /// A connection that says what a test makes it say.
    func raw(maximumMessageSize: Int = Wire.maximumMessageSize) throws -> RawClient {
        var options = RequesterOptions()
        options.maximumMessageSize = maximumMessageSize
        return RawClient(try Requester(address: address, tls: installation.clientFiles, options: options))
    }

    private func client(
        _ name: String,
        kinds: [String],
        slots: UInt32,
        secret: Secret,
        tryTime: Duration = .seconds(20),
        others: [String] = []
    ) throws -> CoordinatorClient {
        try CoordinatorClient(
            addresses: [address] + others,
            tls: installation.clientFiles,
            identity: Identity(
                name: name,
                incarnation: RandomID.random().bytes,
                software: "1.2.3",
                schema: 1,
                kinds: kinds,
                slots: slots
            ),
            secret: secret,
            tryTime: tryTime,
            logger: Installation.logger
        )
    }
}

struct DidNotListen: Error {}

/// An answer of another kind than the request's.
struct UnexpectedAnswer: Error {
    let response: WireResponse
}
