import Foundation
import Jobs
import MariaDB
import SeededGenerator

@testable import Coordinator

/// The rules of a coordinator, without its clock, its network and its database: decisions are made in memory and wait in a
/// journal until the schedule has them written.
struct SimulatedCoordinator {
    /// What is to be written together, and who waits for it.
    private struct Entry {
        let transitions: [Transition]
        /// Of leases that are ended without their workers: rows that somebody has locked are passed over.
        var passingOver: [JobID: Dispatcher.LeaseClock]?
        var request: SimulatedRequest?
    }

    /// What becomes of a write.
    enum Fate: CaseIterable {
        case written
        /// It is in the table, and repeated because nobody heard so.
        case answerLost
        /// The database found something wrong in it.
        case refused
    }

    let term: UInt64
    let incarnation: RandomID
    let startedAt: Timestamp
    var isBehind = false
    private(set) var dispatcher: Dispatcher
    private var journal: [Entry] = []
    private var answers = AnswerCache()
    private var sent: [SimulatedResponse] = []
    private let settings: Dispatcher.Settings

    /// Takes the term, as a coordinator does that starts, and what is active from the table.
    init(
        _ table: inout SimulatedTable,
        settings: Dispatcher.Settings,
        siteLimit: Int,
        at now: Timestamp,
        using generator: inout SeededGenerator
    ) {
        table.term += 1
        term = table.term
        incarnation = .random(using: &generator)
        table.owner = incarnation
        startedAt = now
        self.settings = settings
        dispatcher = Dispatcher(
            settings: settings,
            kinds: .standard,
            quotas: QuotaLedger(quotas: Quotas(siteInFlight: siteLimit)),
            generator: SeededGenerator(seed: generator.next())
        )
        for job in table.jobs.values.sorted(by: { $0.id < $1.id }) { dispatcher.load(job, at: now) }
        for pause in table.pauses.values { dispatcher.pause(pause) }
    }

    /// Whether nothing waits to be written.
    var isIdle: Bool { journal.isEmpty }

    /// The answer to a request, where it needs no write.
    mutating func answer(_ request: SimulatedRequest, at now: Timestamp) -> SimulatedResponse? {
        switch answers.begin(session: session(request), request: id(request), at: now) {
        case .answered(let bytes): return sent[bytes.reduce(0) { $0 << 8 | Int($1) }]
        // Whoever asks again is answered along with the first.
        case .underWay: return nil
        case .new: break
        }
        var transitions: [Transition] = []
        switch request.body {
        case .acquire(let slots):
            transitions = dispatcher.grant(slots: slots, kinds: [.modules], worker: request.worker, at: now)
        case .heartbeat(let leases, let sentAt):
            dispatcher.heard(from: request.worker, of: leases, at: now)
            let held = leases.filter { dispatcher.renew($0, worker: request.worker, at: now) }
            let lost = leases.filter { !held.contains($0) }
            return end(request, .verdicts(held: held, lost: lost, sentAt: sentAt), at: now)
        case .complete(let lease, let checkpoint):
            let event = JobEvent.completed(counts: [:], checkpoint: checkpoint)
            transitions = dispatcher.report(event, for: lease, worker: request.worker, at: now)
        case .fail(let lease):
            let event = JobEvent.failed(message: "test", permanent: false)
            transitions = dispatcher.report(event, for: lease, worker: request.worker, at: now)
        case .release(let lease):
            let event = JobEvent.released(reason: "test", wait: .zero)
            transitions = dispatcher.report(event, for: lease, worker: request.worker, at: now)
        }
        guard !transitions.isEmpty else {
            if case .acquire = request.body { return end(request, .grants([]), at: now) }
            return end(request, .outcome, at: now)
        }
        journal.append(Entry(transitions: transitions, request: request))
        return nil
    }

    /// Decides which leases are over.
    mutating func reap(_ table: SimulatedTable, at now: Timestamp) {
        guard startedAt.duration(to: now) >= settings.lease else { return }
        for lease in dispatcher.expiredLeases(at: now) {
            let clocks = clocks(of: lease.job)
            let sequence = table.checkpoints[lease.job]?.sequence ?? 0
            let transitions = dispatcher.expire(lease, checkpoint: sequence, at: now)
            if !transitions.isEmpty { journal.append(Entry(transitions: transitions, passingOver: clocks)) }
        }
    }

    /// Decides what an operator wants with a job, as it stands in the table.
    mutating func operate(_ verb: OperatorVerb, on job: Job, at now: Timestamp) {
        let clocks = clocks(of: job.id)
        let transitions =
            switch verb {
            case .cancel: dispatcher.cancel(job.id, reason: "test", at: now)
            case .release: dispatcher.takeBack(job.id, reason: "test", at: now)
            case .retry: dispatcher.retry(job, waits: false, reason: "test", at: now)
            }
        guard !transitions.isEmpty else { return }
        journal.append(Entry(transitions: transitions, passingOver: verb == .retry ? nil : clocks))
    }

    /// Pauses something, or ends its pause.
    mutating func pause(_ pause: Pause) { dispatcher.pause(pause) }
    mutating func resume(_ target: Pause.Target) { dispatcher.resume(target) }

    private func clocks(of job: JobID) -> [JobID: Dispatcher.LeaseClock] {
        dispatcher.leaseClock(of: job).map { [job: $0] } ?? [:]
    }

    /// Writes what was decided first.
    /// - Parameter isLocked: whether somebody else holds a lock on the rows.
    /// - Returns: the answer to who waits for it.
    mutating func write(
        to table: inout SimulatedTable,
        fate: Fate,
        isLocked: Bool,
        at now: Timestamp
    ) -> SimulatedResponse? {
        let entry = journal.removeFirst()
        if fate == .refused {
            dispatcher.revert(entry.transitions, at: now)
            // Nothing has happened: a repeat is a new request.
            if let request = entry.request { forget(request, at: now) }
            return nil
        }
        var verdicts: [JobStore.Verdict] = []
        for _ in 0..<(fate == .answerLost ? 2 : 1) {
            let rows = isLocked && entry.passingOver != nil ? [:] : table.jobs
            let checkpoints = table.checkpoints.mapValues(\.sequence)
            let plan = CommitPlan(
                entry.transitions,
                rows: rows,
                locked: Set(table.jobs.keys),
                checkpoints: checkpoints
            )
            for transition in plan.written { table.jobs[transition.after.id] = transition.after }
            verdicts = plan.verdicts
        }
        let (committed, _) = dispatcher.take(
            verdicts,
            on: entry.transitions,
            takingBack: entry.passingOver ?? [:],
            at: now
        )
        guard let request = entry.request else { return nil }
        guard case .acquire = request.body else { return end(request, .outcome, at: now) }
        let leases = committed.filter { $0.after.state == .leased }.compactMap(\.after.lease)
        for lease in leases { dispatcher.grantCommitted(lease, at: now) }
        return end(request, .grants(leases), at: now)
    }

    /// Takes a job that was just planned.
    mutating func load(_ job: Job, at now: Timestamp) { dispatcher.load(job, at: now) }

    /// Looks for jobs that memory lacks; nothing waits to be written.
    mutating func catchUp(_ table: SimulatedTable, at now: Timestamp) {
        isBehind = false
        for job in table.jobs.values.sorted(by: { $0.id < $1.id }) where dispatcher.job(job.id) == nil {
            dispatcher.load(job, at: now)
        }
    }

    private mutating func end(
        _ request: SimulatedRequest,
        _ body: SimulatedResponse.Body,
        at now: Timestamp
    ) -> SimulatedResponse {
        let response = SimulatedResponse(worker: request.worker, id: request.id, body: body)
        let number = sent.count
        sent.append(response)
        let bytes = [UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
        answers.end(session: session(request), request: id(request), answer: bytes, keep: true, at: now)
        return response
    }

    private mutating func forget(_ request: SimulatedRequest, at now: Timestamp) {
        answers.end(session: session(request), request: id(request), answer: [], keep: false, at: now)
    }

    private func session(_ request: SimulatedRequest) -> Data { Data(request.worker.bytes) }

    private func id(_ request: SimulatedRequest) -> Data { withUnsafeBytes(of: request.id) { Data($0) } }
}
