import Concurrency
import Glibc
import PrivateMariaDB
import TCPForwarder
import TestFleet

/// A fleet to which things happen.
struct Chaos: Sendable {
    /// What came of the faults.
    struct Record: Sendable {
        var inflicted: [Fault.Kind: Int] = [:]
        /// Those that came to nothing, and why.
        var missed: [String] = []
        /// What a process did that it never should.
        var misdeeds: [String] = []
    }

    static let workers = 3
    /// Leases are as short as they may be, and nothing is given up for what is done to it here.
    static let settings: TestFleet.Settings = [
        "coordinator.heartbeat_seconds": "1", "coordinator.lease_seconds": "3", "coordinator.first_lease_seconds": "2",
        "worker.grace_seconds": "4", "jobs.losses": "1000",
        // A job sends a request a second, so that there is a middle of each: eight jobs at once may share 480 a minute.
        "politeness.site_in_flight": "8", "politeness.site_per_minute": "480",
    ]
    /// A worker has four seconds of grace; the machine may be slow.
    private static let endTime = Duration.seconds(30)
    /// Edits are made beside each so many faults.
    private static let faultsPerEdit = 8

    private let fleet: TestFleet
    private let database: DatabaseFaults
    private let workload: Workload
    private let processes: [Fault.Victim: Supervised]
    private let record = Lock(Record())

    init(_ fleet: TestFleet, _ database: DatabaseFaults, _ workload: Workload) async throws {
        self.fleet = fleet
        self.database = database
        self.workload = workload
        var processes: [Fault.Victim: Supervised] = [:]
        processes[.coordinator] = try await Supervised { try await fleet.start(["coordinator"], as: .coordinator) }
        for number in 0..<Self.workers {
            processes[.worker(number)] = try await Supervised {
                try await fleet.startWorker("worker-\(number)", slots: 3)
            }
        }
        self.processes = processes
    }

    /// Lets faults happen, in their order, until `end`. Two victims may have one at the same time.
    func run(_ faults: [Fault], until end: ContinuousClock.Instant?) async throws {
        var underWay: [Fault.Victim: Task<Void, Never>] = [:]
        for (number, fault) in faults.enumerated() {
            if let end, ContinuousClock.now >= end { break }
            if number % Self.faultsPerEdit == Self.faultsPerEdit / 2 { await workload.edit() }
            try await Task.sleep(for: fault.pause)
            await underWay[fault.victim]?.value
            underWay[fault.victim] = Task { await inflict(fault, number: number + 1) }
        }
        for task in underWay.values { await task.value }
    }

    /// Ends all processes as they are meant to be ended.
    func end() async throws {
        for process in processes.values { try await process.end(within: Self.endTime) }
    }

    /// What came of it. A process that was killed by anything but this is among the misdeeds.
    func outcome() async -> Record {
        var outcome = record.withLock { $0 }
        for (victim, process) in processes {
            for (ending, count) in await process.endings {
                guard case .killed(let signal) = ending, signal != SIGKILL else { continue }
                outcome.misdeeds.append("\(victim) was ended by signal \(signal), \(count) times")
            }
        }
        return outcome
    }

    private func inflict(_ fault: Fault, number: Int) async {
        do {
            switch fault.kind {
            case .workerKilled, .coordinatorKilled: await processes[fault.victim]?.kill(downFor: fault.hold)
            case .workerFrozen, .coordinatorFrozen: try await processes[fault.victim]?.freeze(for: fault.hold)
            case .workerTerminated, .coordinatorTerminated:
                do {
                    try await processes[fault.victim]?.terminate(within: Self.endTime, downFor: fault.hold)
                } catch {
                    record.withLock { $0.misdeeds.append("\(fault.victim) doesn't end when it is told to: \(error)") }
                    await processes[fault.victim]?.kill(downFor: .zero)
                }
            case .coordinatorRivalled: try await rival(for: fault.hold)
            case .databaseKilled, .databaseFrozen, .databaseTerminated, .databaseReadOnly, .databaseCrowded,
                .databaseFull, .commitsKilled, .answerLost:
                try await database.inflict(fault)
            }
            record.withLock { $0.inflicted[fault.kind, default: 0] += 1 }
        } catch {
            record.withLock { $0.missed.append("fault \(number), \(fault.kind.rawValue): \(error)") }
        }
    }

    /// Another coordinator takes the term, where no worker finds it. The one that was there ends, comes back and takes it too.
    private func rival(for time: Duration) async throws {
        let rival = try await fleet.start(
            ["coordinator"],
            as: .coordinator,
            ["coordinator.listen": "tls+tcp://127.0.0.1:\(try freePort())"]
        )
        let end = ContinuousClock.now + time
        while rival.ending == nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        rival.signal(SIGKILL)
        try await rival.wait(within: .seconds(10))
    }
}
