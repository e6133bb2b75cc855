import MariaDB
import SeededGenerator
import Testing

@testable import Jobs

/// Drives the dispatcher with events in random order, with answers lost and writes refused, and looks after each whether all
/// invariants hold. A seed that fails can be run again.
@Suite struct RandomScheduleTests {
    @Test(arguments: 1...20)
    func invariantsHoldAndEveryJobEnds(seed: Int) {
        var schedule = Schedule(seed: UInt64(seed))
        for step in 0..<1500 {
            schedule.step()
            let violations = schedule.dispatcher.violations + schedule.violations
            #expect(violations == [], "seed \(seed), step \(step)")
            if !violations.isEmpty { return }
        }
        schedule.calmDown()
        #expect(schedule.dispatcher.jobCount == 0, "seed \(seed)")
    }
}

/// A dispatcher, a table that is written after it, and workers that say anything at any time.
private struct Schedule {
    var dispatcher: Dispatcher
    /// What is committed.
    var table: [JobID: Job] = [:]
    var violations: [String] = []
    private var generator: SeededGenerator
    private var now = Timestamp(microseconds: 1_800_000_000_000_000)
    private let workers = (0..<4).map { _ in RandomID.random() }
    /// Leases as the workers know them, old ones too.
    private var known: [(lease: Lease, worker: RandomID)] = []
    private var lastID: UInt64 = 0
    private var paused: Set<Pause.Target> = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        dispatcher = Self.empty(seed: seed)
    }

    private static func empty(seed: UInt64) -> Dispatcher {
        Dispatcher(
            settings: .init(),
            kinds: .standard,
            quotas: QuotaLedger(quotas: Quotas(siteInFlight: 3)),
            generator: SeededGenerator(seed: seed)
        )
    }

    mutating func step() {
        now = now.advanced(by: .milliseconds(Int.random(in: 0...4000, using: &generator)))
        let worker = workers[Int.random(in: 0..<workers.count, using: &generator)]
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...2: plan()
        case 3...8: grant(to: worker, slots: Int.random(in: 1...4, using: &generator))
        case 9: reap()
        case 10: restart()
        case 11: dispatcher.holdBack(.site("s0"), for: chance(2) ? .seconds(20) : nil, reason: "HTTP 429", at: now)
        case 12: operate()
        case 13: pause()
        default: report()
        }
    }

    /// No more faults: whoever holds a lease completes, until nothing is left.
    mutating func calmDown() {
        for target in paused { dispatcher.resume(target) }
        for _ in 0..<5000 where dispatcher.jobCount > 0 {
            now = now.advanced(by: .seconds(30))
            reap()
            for transition in dispatcher.grant(slots: 9, kinds: [.modules], worker: workers[0], at: now) {
                table[transition.after.id] = transition.after
                guard let lease = transition.after.lease else { continue }
                dispatcher.grantCommitted(lease, at: now)
                write(dispatcher.report(.completed(counts: [:]), for: lease, worker: workers[0], at: now))
            }
        }
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &generator) == 0 }

    private mutating func plan() {
        lastID += 1
        let dependency = chance(4) ? dispatcher.waitingJobs.first?.id ?? table.keys.max() : nil
        let active = dependency.flatMap { dispatcher.job($0) } == nil ? nil : dependency
        let job = Job(
            id: JobID(rawValue: lastID),
            run: RunID(rawValue: 1),
            kind: .modules,
            wiki: "w\(Int.random(in: 0..<6, using: &generator))",
            resource: .site("s\(Int.random(in: 0..<2, using: &generator))"),
            expectedItems: UInt64.random(in: 0...3, using: &generator),
            dependsOn: active
        )
        table[job.id] = job
        dispatcher.load(job, at: now)
    }

    /// An operator cancels, takes back or retries a job.
    private mutating func operate() {
        guard let id = table.keys.sorted().randomElement(using: &generator), let job = table[id] else { return }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: takeAway(dispatcher.cancel(id, reason: "test", at: now))
        case 1: takeAway(dispatcher.takeBack(id, reason: "test", at: now))
        default:
            let active = table.values.contains { $0.state.isActive && $0.wiki == job.wiki && $0.id != id }
            guard !active else { return }
            let dependency = job.dependsOn.flatMap { table[$0]?.state }
            commit(dispatcher.retry(job, waits: dependency?.isActive ?? false, reason: "test", at: now))
        }
    }

    /// Ends leases as an operator does.
    private mutating func takeAway(_ transitions: [Transition]) {
        // As others are granted work before this is written.
        if chance(4) { grant(to: .random(using: &generator), slots: 2) }
        commit(transitions)
    }

    /// An operator pauses or resumes something.
    private mutating func pause() {
        let targets: [Pause.Target] = [
            .init(.kind, "modules"), .init(.site, "s0"), .init(.wiki, "w1"), .init(.wiki, "w2"),
        ]
        guard let target = targets.randomElement(using: &generator) else { return }
        if paused.contains(target) {
            dispatcher.resume(target)
            paused.remove(target)
        } else {
            let until = chance(2) ? now.advanced(by: .seconds(20)) : nil
            dispatcher.pause(Pause(target, until: until, reason: "", pausedBy: "me", pausedAt: now))
            paused.insert(target)
        }
    }

    private mutating func grant(to worker: RandomID, slots: Int) {
        let transitions = dispatcher.grant(slots: slots, kinds: [.modules], worker: worker, at: now)
        for pause in dispatcher.pauses.all(at: now) where transitions.contains(where: pause.isAbout) {
            violations.append("a job was granted that is paused by \(pause.target)")
        }
        guard commit(transitions) else { return }
        for lease in transitions.compactMap(\.after.lease) {
            dispatcher.grantCommitted(lease, at: now)
            // The answer may be lost.
            if !chance(5) { known.append((lease, worker)) }
        }
    }

    private mutating func report() {
        guard let (lease, worker) = known.randomElement(using: &generator) else { return }
        let holds = table[lease.job]?.lease == lease && table[lease.job]?.holder?.worker == worker
        switch Int.random(in: 0..<8, using: &generator) {
        case 0...3:
            if dispatcher.renew(lease, worker: worker, at: now) != holds {
                violations.append("a lease was renewed that the table doesn't have, or the reverse")
            }
        case 4...5: report(.completed(counts: [:]), lease, worker, holds)
        case 6: report(.failed(message: "test", permanent: chance(8)), lease, worker, holds)
        default: report(.released(reason: "test", wait: chance(2) ? .seconds(5) : .zero), lease, worker, holds)
        }
    }

    private mutating func report(_ event: JobEvent, _ lease: Lease, _ worker: RandomID, _ holds: Bool) {
        let transitions = dispatcher.report(event, for: lease, worker: worker, at: now)
        if transitions.isEmpty == holds {
            violations.append("a report was taken from somebody who holds no lease, or refused from the holder")
        }
        commit(transitions)
    }

    private mutating func reap() {
        for lease in dispatcher.expiredLeases(at: now) {
            let checkpoint = UInt32.random(in: 0...3, using: &generator)
            let transitions = dispatcher.expire(lease, checkpoint: checkpoint, at: now)
            // As others are granted work before this is written.
            if chance(4) { grant(to: .random(using: &generator), slots: 2) }
            commit(transitions)
        }
    }

    /// The coordinator dies and another builds its memory from the table.
    private mutating func restart() {
        let pauses = dispatcher.pauses.all(at: now)
        dispatcher = Self.empty(seed: generator.next())
        for pause in pauses { dispatcher.pause(pause) }
        for job in table.values.sorted(by: { $0.id < $1.id }) where job.state.isActive { dispatcher.load(job, at: now) }
        for job in dispatcher.waitingJobs {
            guard let state = job.dependsOn.flatMap({ table[$0]?.state }), !state.isActive else { continue }
            write(dispatcher.dependencyEnded(of: job.id, done: state == .done, at: now))
        }
    }

    /// Writes to the table, or fails to, and then memory goes back.
    @discardableResult
    private mutating func commit(_ transitions: [Transition]) -> Bool {
        if chance(10) {
            for transition in transitions.reversed() { dispatcher.revert(transition, at: now) }
            return false
        }
        write(transitions)
        return true
    }

    private mutating func write(_ transitions: [Transition]) {
        for transition in transitions {
            if table[transition.before.id] != transition.before {
                violations.append("job \(transition.before.id) was decided on a state that the table doesn't have")
            }
            table[transition.after.id] = transition.after
            dispatcher.settle(transition.after.id)
        }
    }
}

extension Pause {
    /// Whether it is this one's job that is paused.
    fileprivate func isAbout(_ transition: Transition) -> Bool {
        switch target.scope {
        case .kind: transition.after.kind.rawValue == target.name
        case .wiki: transition.after.wiki == target.name
        case .site: transition.after.resource == .site(target.name)
        }
    }
}
