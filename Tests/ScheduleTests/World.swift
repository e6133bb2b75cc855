import Concurrency
import Jobs
import MariaDB
import SeededGenerator

@testable import Coordinator

/// Coordinators, workers, a database and the network between them, in one process and with a clock of its own. What fails,
/// when, and in which order all happens, is drawn from a seed. The rules are the real ones: `Dispatcher`, `CommitPlan`,
/// `Fence`, `AnswerCache`.
struct World {
    static let siteLimit = 2
    static let workerCount = 3
    static let slots = 2
    static let partCount: UInt32 = 3

    var table = SimulatedTable()
    var coordinators: [SimulatedCoordinator] = []
    private var workers: [SimulatedWorker] = []
    private var requests: [SimulatedRequest] = []
    private var responses: [SimulatedResponse] = []
    /// The tables before the last commits, the latest last: what a database that doesn't flush may go back to.
    private var earlier: [SimulatedTable] = []
    var now = Timestamp(microseconds: 1_800_000_000_000_000)
    private var lastJob: UInt64 = 0
    private var lastRequest: UInt64 = 0
    var isCalm = false
    private let forgets: Bool
    private let bugs: Set<SeededBug>
    private let settings: Dispatcher.Settings
    var generator: SeededGenerator

    /// - Parameter forgets: whether the database is one that may lose its last commits.
    init(seed: UInt64, forgets: Bool, bugs: Set<SeededBug> = []) {
        generator = SeededGenerator(seed: seed)
        self.forgets = forgets
        self.bugs = bugs
        var settings = Dispatcher.Settings()
        // Nothing is given up: then every job has to be done in the end.
        settings.policy = JobPolicy(
            maximumFailures: .max,
            maximumLosses: .max,
            backoff: RetryPolicy(initialDelay: .seconds(1), maximumDelay: .seconds(10))
        )
        self.settings = settings
        workers = (0..<Self.workerCount).map { _ in SimulatedWorker(incarnation: .random(using: &generator)) }
        startCoordinator()
    }

    /// What must hold and doesn't.
    var violations: [String] {
        // The end of a lease may be forgotten, and then its place is taken in the table though nobody works there.
        table.violations(siteLimit: forgets ? .max : Self.siteLimit, partCount: Self.partCount)
            + coordinators.flatMap(\.dispatcher.violations)
            + (coordinators.count(where: isInOffice) > 1 ? ["two coordinators are in office"] : [])
    }

    /// Whether all jobs are done.
    var isDone: Bool { table.jobs.values.allSatisfy { $0.state == .done } }

    /// What is going on, in a few lines: for a world that doesn't come to its end.
    var picture: String {
        let jobs = table.jobs.values.filter { $0.state.isActive }.map { "\($0.id) \($0.state), attempt \($0.attempt)" }
        let coordinators = coordinators.map { "term \($0.term), \($0.dispatcher.quotas.reports(at: now))" }
        let workers = workers.map { "\($0.incarnation) has \($0.held.values.map(\.lease))" }
        return "jobs \(jobs)\ncoordinators \(coordinators)\nworkers \(workers)"
    }

    // MARK: Steps

    /// One thing happens.
    mutating func step() {
        now = now.advanced(by: .milliseconds(draw(2000)))
        switch draw(100) {
        case 0...5: plan()
        case 6...21: ask()
        case 22...43: work()
        case 44...61: deliverRequest()
        case 62...76: deliverResponse()
        case 77...91: write()
        case 92...97: housekeep()
        case 98: operate()
        default: if !isCalm { fail() }
        }
    }

    /// Nothing fails any more, and nothing new is planned, until all jobs are done or `limit` steps are over.
    mutating func calmDown(within limit: Int) {
        isCalm = true
        for index in workers.indices { workers[index].isFrozen = false }
        for _ in 0..<limit where !isDone { step() }
    }

    private mutating func plan() {
        guard !isCalm, table.jobs.values.count(where: { $0.state.isActive }) < 5, let index = active() else { return }
        lastJob += 1
        // Old ones can't change any more.
        if table.jobs.count > 12, let oldest = table.jobs.values.filter({ !$0.state.isActive }).map(\.id).min() {
            (table.jobs[oldest], table.checkpoints[oldest], table.parts[oldest]) = (nil, nil, nil)
        }
        let job = Job(
            id: JobID(rawValue: lastJob),
            run: RunID(rawValue: 1),
            kind: .modules,
            wiki: "w\(lastJob % 7)",
            resource: .site("s")
        )
        remember()
        table.jobs[job.id] = job
        coordinators[index].load(job, at: now)
    }

    // MARK: Workers

    private mutating func ask() {
        let index = draw(workers.count)
        guard !workers[index].isFrozen else { return }
        // A request that isn't answered is sent again, as it is.
        if let again = workers[index].waitingFor.values.min(by: { $0.id < $1.id }), chance(3) {
            if chance(4), again.ended == nil {
                workers[index].waitingFor[again.id] = nil
            } else {
                requests.append(again)
            }
            return
        }
        let waiting = workers[index].waitingFor.values
        let asks = waiting.contains { if case .acquire = $0.body { true } else { false } }
        let beats = waiting.contains { if case .heartbeat = $0.body { true } else { false } }
        let free = Self.slots - workers[index].held.count
        if free > 0, !asks, chance(2) {
            send(.acquire(slots: free), from: index)
        } else if !beats {
            let leases = workers[index].held.values.filter { !$0.isEnding }.map(\.lease).sorted { $0.job < $1.job }
            send(.heartbeat(leases, sentAt: now), from: index)
        }
    }

    private mutating func send(_ body: SimulatedRequest.Body, from index: Int) {
        lastRequest += 1
        let request = SimulatedRequest(worker: workers[index].incarnation, id: lastRequest, body: body)
        workers[index].waitingFor[request.id] = request
        requests.append(request)
    }

    private mutating func work() {
        let index = draw(workers.count)
        guard !workers[index].isFrozen, let job = workers[index].held.keys.sorted().randomElement(using: &generator),
            let held = workers[index].held[job], !held.isEnding
        else { return }
        // Stopped between its look at the clock and the write, it goes on when the lease has long been another's.
        let isZombie = !isCalm && chance(6)
        guard held.endsAt > now || isZombie else {
            workers[index].held[job] = nil
            return
        }
        guard let sequence = held.sequence else {
            workers[index].held[job]?.sequence = table.checkpoints[job]?.sequence ?? 0
            return
        }
        if sequence >= Self.partCount { return tell(.complete(held.lease, checkpoint: sequence), of: job, from: index) }
        if !isCalm, chance(20) {
            return tell(chance(2) ? .fail(held.lease) : .release(held.lease), of: job, from: index)
        }
        remember()
        let isFine = workers[index].work(on: job, in: &table, answerIsLost: !isCalm && chance(8), bugs: bugs)
        if !isFine { tell(.release(held.lease), of: job, from: index) }
    }

    private mutating func tell(_ body: SimulatedRequest.Body, of job: JobID, from index: Int) {
        workers[index].held[job]?.isEnding = true
        send(body, from: index)
    }

    // MARK: The network

    private mutating func deliverRequest() {
        guard let number = deliver(requests.count), let index = active() else { return }
        let request = number.isKept ? requests[number.index] : requests.remove(at: number.index)
        guard !number.isLost else { return }
        if let response = coordinators[index].answer(request, at: now) { responses.append(response) }
    }

    private mutating func deliverResponse() {
        guard let number = deliver(responses.count) else { return }
        let response = number.isKept ? responses[number.index] : responses.remove(at: number.index)
        guard !number.isLost else { return }
        for index in workers.indices where !workers[index].isFrozen {
            workers[index].take(response, settings: settings, at: now)
        }
    }

    /// Chooses any of `count` messages, and whether it is lost, or stays to arrive once more.
    private mutating func deliver(_ count: Int) -> (index: Int, isKept: Bool, isLost: Bool)? {
        guard count > 0 else { return nil }
        let index = draw(count)
        if isCalm { return (index, false, false) }
        return (index, chance(10), chance(10))
    }

    // MARK: Coordinators

    /// The one that is asked: with two, clients may still know the older.
    mutating func active() -> Int? { coordinators.isEmpty ? nil : draw(coordinators.count) }

    private mutating func startCoordinator() {
        remember()
        coordinators.append(
            SimulatedCoordinator(
                &table,
                settings: settings,
                siteLimit: Self.siteLimit,
                at: now,
                using: &generator
            )
        )
    }

    private mutating func write() {
        guard let index = active(), !coordinators[index].isIdle else { return }
        guard isInOffice(coordinators[index]) else {
            coordinators.remove(at: index)
            return
        }
        remember()
        var fate = SimulatedCoordinator.Fate.written
        if !isCalm, chance(8) { fate = chance(2) ? .answerLost : .refused }
        let response = coordinators[index].write(
            to: &table,
            fate: fate,
            isLocked: !isCalm && chance(4),
            at: now
        )
        if let response { responses.append(response) }
    }

    func isInOffice(_ coordinator: SimulatedCoordinator) -> Bool {
        coordinator.term == table.term
            && (coordinator.incarnation == table.owner || bugs.contains(.termWithoutOwner))
    }

    private mutating func housekeep() {
        if isCalm, coordinators.isEmpty { return startCoordinator() }
        guard let index = active() else { return }
        guard isInOffice(coordinators[index]) else {
            coordinators.remove(at: index)
            return
        }
        coordinators[index].reap(table, at: now)
        if coordinators[index].isBehind, coordinators[index].isIdle, !bugs.contains(.noComparison) {
            coordinators[index].catchUp(table, at: now)
        }
    }

    // MARK: Faults

    private mutating func fail() {
        switch draw(12) {
        case 0...1:
            if let index = active() { coordinators.remove(at: index) }
        case 2...4:
            // Beside one that may live on without knowing.
            if coordinators.count < 2 { startCoordinator() }
        case 5...6:
            workers[draw(workers.count)] = SimulatedWorker(incarnation: .random(using: &generator))
        case 7...9:
            let index = draw(workers.count)
            workers[index].isFrozen.toggle()
        case 10:
            now = now.advanced(by: .seconds(draw(60)))
        default: if forgets { forget() }
        }
    }

    /// The database's server crashes and comes back without its last commits.
    private mutating func forget() {
        guard !earlier.isEmpty else { return }
        let count = 1 + draw(earlier.count)
        table = earlier[earlier.count - count]
        earlier.removeAll()
        for index in coordinators.indices { coordinators[index].isBehind = true }
    }

    mutating func remember() {
        earlier.append(table)
        if earlier.count > 3 { earlier.removeFirst() }
    }

    mutating func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    mutating func chance(_ oneIn: Int) -> Bool { draw(oneIn) == 0 }
}
