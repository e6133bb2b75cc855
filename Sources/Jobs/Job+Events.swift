import Concurrency
package import MariaDB

extension Job {
    /// What the job is after `event`, and what is told about it.
    /// - Throws: ``IllegalTransition`` when the event can't happen in this state.
    package func after(
        _ event: JobEvent,
        at now: Timestamp,
        policy: JobPolicy,
        using generator: inout some RandomNumberGenerator
    ) throws(IllegalTransition) -> (job: Job, story: JobStory) {
        var job = self
        let story: JobStory
        switch (state, event) {
        case (.ready, .granted(let holder)):
            job.attempt += 1
            job.state = .leased
            job.holder = holder
            job.notBefore = nil
            story = JobStory(.granted)
        case (.leased, .completed(let counts, _)):
            job.finish(.done, at: now)
            job.counts = counts
            job.lastError = nil
            story = JobStory(.completed)
        case (.leased, .failed(let message, let permanent)):
            story = job.fail(message, permanent: permanent, at: now, policy: policy, using: &generator)
        case (.leased, .released(let reason, let wait)):
            job.makeReady(at: wait > .zero ? now.advanced(by: wait) : nil)
            if wait > .zero { job.snoozes += 1 }
            story = JobStory(wait > .zero ? .snoozed : .released, detail: reason)
        case (.leased, .expired(let heard, let checkpoint)):
            story = job.expire(heard: heard, checkpoint: checkpoint, at: now, policy: policy)
        case (.waiting, .dependencyEnded(done: true)):
            job.makeReady(at: nil)
            story = JobStory(.dependencyDone)
        case (.waiting, .dependencyEnded(done: false)):
            job.lastError = "job \(job.dependsOn?.description ?? "?"), which it depends on, was given up"
            job.finish(.cancelled, at: now)
            story = JobStory(.cancelled, detail: job.lastError)
        case (.waiting, .cancelled(let reason)), (.ready, .cancelled(let reason)), (.leased, .cancelled(let reason)):
            job.finish(.cancelled, at: now)
            story = JobStory(.cancelled, detail: reason)
        case (.failed, .retried(let reason, let waits)), (.quarantined, .retried(let reason, let waits)),
            (.cancelled, .retried(let reason, let waits)):
            job.makeReady(at: nil)
            if waits { job.state = .waiting }
            job.finishedAt = nil
            job.failures = 0
            job.losses = 0
            story = JobStory(.retried, detail: reason)
        default:
            throw IllegalTransition(job: id, state: state, event: event)
        }
        return (job, story)
    }

    private mutating func makeReady(at notBefore: Timestamp?) {
        state = .ready
        holder = nil
        self.notBefore = notBefore
    }

    private mutating func finish(_ state: JobState, at now: Timestamp) {
        self.state = state
        holder = nil
        notBefore = nil
        finishedAt = now
    }

    private mutating func fail(
        _ message: String,
        permanent: Bool,
        at now: Timestamp,
        policy: JobPolicy,
        using generator: inout some RandomNumberGenerator
    ) -> JobStory {
        failures += 1
        lastError = message
        guard !permanent, failures < policy.maximumFailures,
            let delay = policy.backoff.delay(afterFailedAttempts: Int(failures), using: &generator)
        else {
            finish(.failed, at: now)
            return JobStory(.failed, detail: message)
        }
        makeReady(at: now.advanced(by: delay))
        return JobStory(.failedAttempt, detail: message)
    }

    private mutating func expire(heard: Bool, checkpoint: UInt32, at now: Timestamp, policy: JobPolicy) -> JobStory {
        guard heard else {
            makeReady(at: nil)
            return JobStory(.unheard, detail: "no heartbeat came for this lease")
        }
        losses = checkpoint > checkpointAtLoss ? 1 : losses + 1
        checkpointAtLoss = checkpoint
        let message = "worker lost, \(losses) in a row without progress, checkpoint \(checkpoint)"
        guard losses < policy.maximumLosses else {
            lastError = message
            finish(.quarantined, at: now)
            return JobStory(.quarantined, detail: message)
        }
        makeReady(at: nil)
        return JobStory(.lost, detail: message)
    }

    /// What must hold in each state and doesn't; the table has the same rules as CHECK constraints. Empty for a sound job.
    package var violations: [String] {
        var found: [String] = []
        if (state == .leased) != (holder != nil) { found.append("a job has a holder exactly while it is leased") }
        if state.isActive != (finishedAt == nil) { found.append("a job has finished exactly when its state is final") }
        if state == .waiting, dependsOn == nil { found.append("a waiting job depends on another") }
        if state != .ready, notBefore != nil { found.append("only a ready job waits for a time") }
        if state == .leased, attempt == 0 { found.append("a leased job has an attempt") }
        return found.map { "job \(id): \($0)" }
    }
}
