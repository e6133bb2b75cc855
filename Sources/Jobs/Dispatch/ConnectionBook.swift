import MariaDB

/// Which workers may have connections to the result database: as many as fit into its quota.
///
/// A worker has its connections from its first lease on; they are closed some time after its last.
struct ConnectionBook: Sendable {
    private struct Entry: Sendable {
        var connections = 1
        var leases = 0
        /// It has left, or was lost.
        var isGone = false
        /// Until when connections that aren't used are still open; `nil` for a worker that has had none.
        var openUntil: Timestamp?

        func isOpen(at now: Timestamp) -> Bool { leases > 0 || openUntil.map { $0 > now } ?? false }
    }

    private let limit: Int
    private var entries: [RandomID: Entry] = [:]
    /// What the workers have that hold leases, or held some a short time ago.
    private(set) var inUse = 0
    private var closing: [(worker: RandomID, until: Timestamp)] = []

    /// A pool closes connections that nobody has used for a minute.
    private static let idleTime = Duration.seconds(70)

    init(limit: Int) { self.limit = limit }

    /// A worker has told how many connections it opens.
    mutating func note(_ worker: RandomID, connections: Int) {
        let old = entries[worker]
        entries[worker, default: Entry()].connections = max(1, connections)
        entries[worker]?.isGone = false
        if let old, old.leases > 0 || old.openUntil != nil { inUse += max(1, connections) - old.connections }
    }

    /// The worker has left, or was lost.
    mutating func forget(_ worker: RandomID) {
        guard let entry = entries[worker] else { return }
        if entry.leases == 0, entry.openUntil == nil { entries[worker] = nil } else { entries[worker]?.isGone = true }
    }

    /// Whether the worker may be granted something.
    mutating func hasRoom(for worker: RandomID, at now: Timestamp) -> Bool {
        close(at: now)
        let entry = entries[worker] ?? Entry()
        return entry.isOpen(at: now) || limit - inUse >= entry.connections || inUse == 0
    }

    mutating func leaseBegins(_ worker: RandomID) {
        var entry = entries[worker] ?? Entry()
        if entry.leases == 0, entry.openUntil == nil { inUse += entry.connections }
        entry.leases += 1
        entry.openUntil = nil
        entries[worker] = entry
    }

    mutating func leaseEnds(_ worker: RandomID, at now: Timestamp) {
        guard var entry = entries[worker], entry.leases > 0 else { return }
        entry.leases -= 1
        if entry.leases == 0 {
            let until = now.advanced(by: Self.idleTime)
            entry.openUntil = until
            closing.append((worker, until))
        }
        entries[worker] = entry
    }

    private mutating func close(at now: Timestamp) {
        let due = closing.prefix { $0.until <= now }
        guard !due.isEmpty else { return }
        closing.removeFirst(due.count)
        for (worker, until) in due where entries[worker]?.openUntil == until {
            inUse -= entries[worker]?.connections ?? 0
            entries[worker]?.openUntil = nil
            if entries[worker]?.isGone ?? false { entries[worker] = nil }
        }
    }
}
