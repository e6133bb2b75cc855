import Jobs
import MariaDB

/// A worker as the rules see it: the leases that it believes to have, and the requests that it waits for.
struct SimulatedWorker {
    /// A lease in its hands.
    struct Held {
        let lease: Lease
        /// By its own clock.
        var endsAt: Timestamp
        /// The last checkpoint that it knows of; `nil` before it has looked.
        var sequence: UInt32?
        /// Whether the answer to its last commit was lost.
        var isUnknown = false
        /// Whether it is being told of: there is nothing more to do.
        var isEnding = false
    }

    let incarnation: RandomID
    var held: [JobID: Held] = [:]
    var waitingFor: [UInt64: SimulatedRequest] = [:]
    /// Stopped, as by SIGSTOP: it does nothing, and doesn't see the time.
    var isFrozen = false

    /// Takes an answer that it waits for; others are lost on it.
    mutating func take(_ response: SimulatedResponse, settings: Dispatcher.Settings, at now: Timestamp) {
        guard response.worker == incarnation, let request = waitingFor.removeValue(forKey: response.id) else { return }
        switch response.body {
        case .grants(let leases):
            for lease in leases {
                held[lease.job] = Held(lease: lease, endsAt: now.advanced(by: settings.firstLease))
            }
        case .verdicts(let kept, let lost, let sentAt):
            for lease in kept {
                guard var work = held[lease.job], work.lease == lease else { continue }
                work.endsAt = max(work.endsAt, sentAt.advanced(by: settings.lease))
                held[lease.job] = work
            }
            for lease in lost where held[lease.job]?.lease == lease { held[lease.job] = nil }
        case .outcome:
            if let lease = request.ended, held[lease.job]?.lease == lease { held[lease.job] = nil }
        }
    }

    /// Writes the next part of a job, or finds that it isn't its own any more.
    /// - Returns: false when the job is to be given back.
    mutating func work(
        on job: JobID,
        in table: inout SimulatedTable,
        answerIsLost: Bool,
        bugs: Set<SeededBug>
    ) -> Bool {
        guard var work = held[job], let sequence = work.sequence else { return true }
        var fence = table.fence(of: job)
        if bugs.contains(.noFence) { (fence.attempt, fence.leaseID) = (work.lease.attempt, work.lease.id.bytes) }
        if bugs.contains(.noLeaseID), fence.attempt == work.lease.attempt { fence.leaseID = work.lease.id.bytes }
        do {
            let isWritten = try fence.check(
                work.lease,
                writing: sequence + 1,
                previousOutcomeUnknown: work.isUnknown
            )
            if !isWritten {
                if table.jobs[job]?.lease != work.lease { table.intrusions.append(job) }
                table.checkpoints[job] = (sequence + 1, work.lease.id)
                table.parts[job, default: []].append(sequence + 1)
            }
            work.isUnknown = answerIsLost
            if !answerIsLost { work.sequence = sequence + 1 }
            held[job] = work
            return true
        } catch is LeaseLost {
            held[job] = nil
            return true
        } catch {
            return false
        }
    }
}
