/// Who has which connection and who waits: the pool's rules, without any I/O.
///
/// `open` counts connections and the places of those that are being opened; it never passes `limit`.
struct PoolState<Resource: AnyObject & Sendable>: Sendable {
    typealias Waiter = CheckedContinuation<Grant, any Error>

    /// What a caller gets.
    enum Grant: Sendable {
        /// A connection, and since when it wasn't used.
        case existing(Resource, since: ContinuousClock.Instant)
        /// The right to open one.
        case place
    }

    enum Request {
        case granted(Grant)
        case mustWait(UInt64)
        case refused(PoolError)
    }

    enum Return {
        case handOver(Waiter, Grant)
        case kept(startsReaper: Bool)
        case close
    }

    private enum Place {
        /// In the queue, without a continuation yet.
        case announced
        case waiting(Waiter)
        /// Granted or failed before the continuation was there.
        case settled(Result<Grant, any Error>)
    }

    private let limit: Int
    private let waiterLimit: Int
    private(set) var open = 0
    private(set) var lent: [Resource] = []
    private var idle: [(resource: Resource, since: ContinuousClock.Instant)] = []
    private var queue: [UInt64] = []
    private var places: [UInt64: Place] = [:]
    private var lastID: UInt64 = 0
    private var isShutDown = false
    private var hasReaper = false

    init(limit: Int, waiterLimit: Int) {
        self.limit = max(1, limit)
        self.waiterLimit = waiterLimit
    }

    /// Those that will be served, once their continuation is there too.
    var waiterCount: Int { queue.count }

    mutating func request() -> Request {
        if isShutDown { return .refused(PoolError(problem: .shutDown)) }
        if let last = idle.popLast() {
            lent.append(last.resource)
            return .granted(.existing(last.resource, since: last.since))
        }
        if open < limit {
            open += 1
            return .granted(.place)
        }
        guard queue.count < waiterLimit else { return .refused(PoolError(problem: .tooManyWaiters(waiterLimit))) }
        lastID += 1
        queue.append(lastID)
        places[lastID] = .announced
        return .mustWait(lastID)
    }

    /// Puts the continuation into the queue; or gives what it's to be resumed with at once.
    mutating func wait(_ id: UInt64, _ waiter: Waiter) -> Result<Grant, any Error>? {
        if case .settled(let result) = places[id] {
            places[id] = nil
            return result
        }
        places[id] = .waiting(waiter)
        return nil
    }

    /// Takes a waiter out of the queue; gives the continuation to resume, if it's there already.
    mutating func abandon(_ id: UInt64, _ error: any Error) -> Waiter? {
        guard let index = queue.firstIndex(of: id) else { return nil }
        queue.remove(at: index)
        return settle(id, .failure(error))
    }

    private mutating func settle(_ id: UInt64, _ result: Result<Grant, any Error>) -> Waiter? {
        guard case .waiting(let waiter) = places[id] else {
            places[id] = .settled(result)
            return nil
        }
        places[id] = nil
        return waiter
    }

    mutating func opened(_ resource: Resource) { lent.append(resource) }

    mutating func give(back resource: Resource, at now: ContinuousClock.Instant) -> Return {
        if isShutDown {
            lent.removeAll { $0 === resource }
            open -= 1
            return .close
        }
        if !queue.isEmpty {
            let grant = Grant.existing(resource, since: now)
            if let waiter = settle(queue.removeFirst(), .success(grant)) { return .handOver(waiter, grant) }
            return .kept(startsReaper: false)
        }
        lent.removeAll { $0 === resource }
        idle.append((resource, now))
        defer { hasReaper = true }
        return .kept(startsReaper: !hasReaper)
    }

    /// A connection is no more: its place goes to the first waiter, which is given if it's to be resumed.
    mutating func remove(_ resource: Resource) -> Waiter? {
        lent.removeAll { $0 === resource }
        return gaveUpPlace()
    }

    /// A connection couldn't be opened.
    mutating func gaveUpPlace() -> Waiter? {
        guard !isShutDown, !queue.isEmpty else {
            open -= 1
            return nil
        }
        return settle(queue.removeFirst(), .success(.place))
    }

    /// When the idle connection that is longest unused is to be closed; `nil`, and no reaper any more, if there is none.
    mutating func nextExpiry(after limit: Duration) -> ContinuousClock.Instant? {
        guard let oldest = idle.first else {
            hasReaper = false
            return nil
        }
        return oldest.since + limit
    }

    mutating func expire(before instant: ContinuousClock.Instant) -> [Resource] {
        let expired = idle.prefix { $0.since <= instant }.map(\.resource)
        idle.removeFirst(expired.count)
        open -= expired.count
        return expired
    }

    /// Gives the idle connections and the waiters, for which there is nothing any more.
    mutating func shutDown() -> (idle: [Resource], waiters: [Waiter]) {
        isShutDown = true
        let resources = idle.map(\.resource)
        idle = []
        open -= resources.count
        let ids = queue
        queue = []
        return (resources, ids.compactMap { settle($0, .failure(PoolError(problem: .shutDown))) })
    }
}
