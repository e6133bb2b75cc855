package import Protocol

/// What only the coordinator's memory knows, or why it couldn't be asked.
package enum LiveStatus: Sendable, Equatable {
    case answered(WireStatus, term: UInt64)
    /// In one line.
    case unreachable(String)
}

extension LiveStatus {
    /// What it says in a line or more.
    var lines: [String] {
        switch self {
        case .unreachable(let why):
            return ["coordinator not reached, this is from the tables: \(DisplayText.visible(why))"]
        case .answered(let status, let term):
            let leases = status.workers.reduce(0) { $0 + Int($1.leases) }
            let slots = status.workers.reduce(0) { $0 + Int($1.slots) }
            let uptime = Duration.milliseconds(status.uptimeMilliseconds).spoken
            let workers =
                status.workers.isEmpty ? "no worker" : "workers \(status.workers.count), slots \(leases)/\(slots)"
            let held = status.resources.filter { $0.heldBackMilliseconds > 0 }.map { resource in
                let time = Duration.milliseconds(resource.heldBackMilliseconds).spoken
                return DisplayText.visible("held back for \(time): \(resource.name) (\(resource.reason))")
            }
            let pauses = status.pauses.prefix(Self.shownPauses).map(\.line)
            let more = status.pauses.count - pauses.count
            return ["\(workers)  coordinator up \(uptime), term \(term)"] + held + pauses
                + (more > 0 ? ["and \(more) more are paused"] : [])
        }
    }

    /// So many pauses are shown to people.
    private static let shownPauses = 10

    /// What is paused, in lines for a log.
    var paused: [String] {
        guard case .answered(let status, _) = self else { return [] }
        return status.pauses.prefix(Self.shownPauses).map(\.line)
    }

    /// What may have changed from one line of a log to the next: not the times that run.
    var heldBack: [String] {
        guard case .answered(let status, _) = self else { return [] }
        return status.resources.filter { $0.heldBackMilliseconds > 0 }.map { "\($0.name) (\($0.reason))" }
    }
}
