import HeapModule
import MariaDB

/// The ready jobs, in the order in which they are to be granted: those of the fleet, then most expected items first, then the
/// oldest.
///
/// One queue per kind and resource, so that a resource without room costs one look, not one per job. A job that leaves
/// the ready state stays in its queue and is passed over by the caller when its turn comes.
struct ReadyQueues: Sendable {
    struct Key: Hashable, Sendable {
        let kind: JobKind
        let resource: Resource
    }

    struct Entry: Comparable, Sendable {
        let expectedItems: UInt64
        let id: JobID
        let key: Key

        static func < (left: Entry, right: Entry) -> Bool {
            (left.expectedItems, right.id) < (right.expectedItems, left.id)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.id == right.id }
    }

    private struct Delayed: Comparable, Sendable {
        let until: Timestamp
        let entry: Entry

        static func < (left: Delayed, right: Delayed) -> Bool { left.until < right.until }
    }

    private var queues: [Key: Heap<Entry>] = [:]
    private var delayed = Heap<Delayed>()
    private var blocked: [Resource: [Entry]] = [:]
    /// How many queues with something in them there are of a resource.
    private var queueCounts: [Resource: Int] = [:]

    /// Puts in a ready job: in its queue, or aside until its time has come.
    mutating func insert(_ job: Job) {
        let entry = Entry(
            // What isn't about one wiki comes first: there is little of it, and others wait for what it brings.
            expectedItems: job.wiki.isEmpty ? .max : job.expectedItems,
            id: job.id,
            key: Key(kind: job.kind, resource: job.resource)
        )
        if let notBefore = job.notBefore {
            delayed.insert(Delayed(until: notBefore, entry: entry))
        } else {
            enqueue(entry)
        }
    }

    /// Puts the jobs whose time has come into their queues.
    mutating func wake(at now: Timestamp) {
        while let first = delayed.min, first.until <= now {
            delayed.removeMin()
            enqueue(first.entry)
        }
    }

    /// Takes out the best entry of the queues that `isOpen` lets through.
    mutating func popBest(where isOpen: (Key) -> Bool) -> Entry? {
        var best: Entry?
        for (key, queue) in queues {
            guard let top = queue.max, best.map({ $0 < top }) ?? true, isOpen(key) else { continue }
            best = top
        }
        guard let best else { return nil }
        queues[best.key]?.removeMax()
        if queues[best.key]?.isEmpty ?? false {
            queues[best.key] = nil
            let left = (queueCounts[best.key.resource] ?? 0) - 1
            queueCounts[best.key.resource] = left > 0 ? left : nil
        }
        return best
    }

    /// Puts an entry aside until `resource` has room again, or until the time that it is held back for.
    mutating func block(_ entry: Entry, on resource: Resource, until time: Timestamp?) {
        if let time {
            delayed.insert(Delayed(until: time, entry: entry))
        } else {
            blocked[resource, default: []].append(entry)
        }
    }

    /// `resource` has room again.
    mutating func unblock(_ resource: Resource) {
        for entry in blocked.removeValue(forKey: resource) ?? [] { enqueue(entry) }
    }

    /// Whether an entry of this job is anywhere. Looks at all; for checks.
    func contains(_ id: JobID) -> Bool {
        queues.values.contains { $0.unordered.contains { $0.id == id } }
            || delayed.unordered.contains { $0.entry.id == id }
            || blocked.values.contains { $0.contains { $0.id == id } }
    }

    /// What entries are put aside for, until it has room again. For checks.
    var blockedResources: [Resource] { Array(blocked.keys) }

    /// Whether jobs may be waiting for room at the resource.
    func isWanted(_ resource: Resource) -> Bool { queueCounts[resource] != nil || blocked[resource] != nil }

    private mutating func enqueue(_ entry: Entry) {
        if queues[entry.key] == nil { queueCounts[entry.key.resource, default: 0] += 1 }
        queues[entry.key, default: Heap()].insert(entry)
    }
}
