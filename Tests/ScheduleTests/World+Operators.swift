import Jobs
import MariaDB

extension World {
    /// Cancels, takes back, retries, pauses or resumes something; in the end retries all and resumes all.
    mutating func operate() {
        guard let index = active(), isInOffice(coordinators[index]) else { return }
        if isCalm {
            // Those that memory has: the table may have forgotten them.
            for pause in coordinators[index].dispatcher.pauses.all(at: now) { resume(pause.target, at: index) }
            for job in table.jobs.values.sorted(by: { $0.id < $1.id }) { retry(job, at: index) }
            return
        }
        guard let job = table.jobs.values.sorted(by: { $0.id < $1.id }).randomElement(using: &generator) else { return }
        let target = [Pause.Target(.wiki, job.wiki), .init(.site, "s"), .init(.kind, "modules")][draw(3)]
        switch draw(6) {
        case 0: coordinators[index].operate(.cancel, on: job, at: now)
        case 1: coordinators[index].operate(.release, on: job, at: now)
        case 2...3: retry(job, at: index)
        default:
            if table.pauses[target] != nil { return resume(target, at: index) }
            let until = chance(2) ? now.advanced(by: .seconds(draw(60))) : nil
            let pause = Pause(target, until: until, reason: "", pausedBy: "me", pausedAt: now)
            remember()
            table.pauses[target] = pause
            coordinators[index].pause(pause)
        }
    }

    private mutating func retry(_ job: Job, at index: Int) {
        let hasTwin = table.jobs.values.contains { $0.state.isActive && $0.wiki == job.wiki }
        if !hasTwin { coordinators[index].operate(.retry, on: job, at: now) }
    }

    private mutating func resume(_ target: Pause.Target, at index: Int) {
        remember()
        table.pauses[target] = nil
        coordinators[index].resume(target)
    }
}
