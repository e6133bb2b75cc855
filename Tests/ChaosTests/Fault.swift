import SeededGenerator

/// Something that goes wrong on purpose.
struct Fault: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        case workerKilled = "worker: kill -9"
        case workerFrozen = "worker: SIGSTOP, SIGCONT"
        case workerTerminated = "worker: SIGTERM"
        case coordinatorKilled = "coordinator: kill -9"
        case coordinatorFrozen = "coordinator: SIGSTOP, SIGCONT"
        case coordinatorTerminated = "coordinator: SIGTERM"
        case coordinatorRivalled = "coordinator: another takes the term"
        case databaseKilled = "database: kill -9"
        case databaseFrozen = "database: SIGSTOP, SIGCONT"
        case databaseTerminated = "database: SIGTERM"
        case databaseReadOnly = "database: read_only = 1"
        case databaseCrowded = "database: all connections taken"
        case databaseFull = "database: disk full"
        case commitsKilled = "database: KILL in mid-COMMIT"
        case answerLost = "database: answer to COMMIT lost"

        /// How long it lasts, in milliseconds: of a process that was ended, until it is started again.
        fileprivate var hold: ClosedRange<Int> {
            switch self {
            case .workerKilled, .workerTerminated: 100...3000
            // Leases last three seconds here: most of those who were frozen wake up without theirs.
            case .workerFrozen: 500...7000
            case .coordinatorKilled, .coordinatorTerminated: 100...2000
            case .coordinatorFrozen: 500...5000
            case .coordinatorRivalled: 500...2000
            case .databaseKilled, .databaseTerminated: 100...2000
            case .databaseFrozen: 500...5000
            case .databaseReadOnly, .databaseCrowded, .databaseFull: 1500...5000
            case .commitsKilled, .answerLost: 1000...4000
            }
        }

        /// Beside one of each kind there are these in each round: what is most of the life of a fleet.
        fileprivate static let frequent: [Kind] = [
            .workerKilled, .workerKilled, .workerFrozen, .workerFrozen, .workerTerminated,
        ]
    }

    /// What can have one fault at a time.
    enum Victim: Hashable, Sendable {
        case worker(Int)
        case coordinator
        case database
    }

    let kind: Kind
    let victim: Victim
    /// Between the beginning of the fault before and that of this one, at least.
    let pause: Duration
    let hold: Duration

    /// The faults of a seed: the same, in the same order, each time.
    static func schedule(seed: UInt64, count: Int, workers: Int) -> [Fault] {
        var generator = SeededGenerator(seed: seed)
        var faults: [Fault] = []
        var round: [Kind] = []
        while faults.count < count {
            if round.isEmpty { round = (Kind.allCases + Kind.frequent).shuffled(using: &generator) }
            let kind = round.removeLast()
            let worker = Int.random(in: 0..<workers, using: &generator)
            faults.append(
                Fault(
                    kind: kind,
                    victim: kind.victim(worker: worker),
                    pause: .milliseconds(Int.random(in: 200...3000, using: &generator)),
                    hold: .milliseconds(Int.random(in: kind.hold, using: &generator))
                )
            )
        }
        return faults
    }
}

extension Fault.Kind {
    fileprivate func victim(worker: Int) -> Fault.Victim {
        switch self {
        case .workerKilled, .workerFrozen, .workerTerminated: .worker(worker)
        case .coordinatorKilled, .coordinatorFrozen, .coordinatorTerminated, .coordinatorRivalled: .coordinator
        case .databaseKilled, .databaseFrozen, .databaseTerminated, .databaseReadOnly, .databaseCrowded, .databaseFull,
            .commitsKilled, .answerLost:
            .database
        }
    }
}
