/// Which requests run and which wait, so that no host and no client has too many under way.
///
/// libcurl could queue too, but in 7.88 its queue counts the wait as connect time.
struct Admission {
    private let perHost: Int
    private let inAll: Int
    private var waiting: [(id: UInt64, host: String)] = []
    private var hostOfRunning: [UInt64: String] = [:]
    private var runningOfHost: [String: Int] = [:]

    /// At most `perHost` requests run to one host, and `inAll` to all.
    init(perHost: Int, inAll: Int) {
        self.perHost = max(1, perHost)
        self.inAll = max(1, inAll)
    }

    /// Puts a request at the end of the queue.
    mutating func enqueue(_ id: UInt64, host: String) { waiting.append((id, host)) }

    /// The request that is to start now: the first one whose host has room.
    mutating func next() -> UInt64? {
        guard hostOfRunning.count < inAll,
            let index = waiting.firstIndex(where: { runningOfHost[$0.host, default: 0] < perHost })
        else { return nil }
        let (id, host) = waiting.remove(at: index)
        hostOfRunning[id] = host
        runningOfHost[host, default: 0] += 1
        return id
    }

    /// Takes out a request that has ended or isn't wanted any more. Returns whether it was running.
    @discardableResult
    mutating func remove(_ id: UInt64) -> Bool {
        guard let host = hostOfRunning.removeValue(forKey: id) else {
            waiting.removeAll { $0.id == id }
            return false
        }
        let left = runningOfHost[host, default: 1] - 1
        runningOfHost[host] = left > 0 ? left : nil
        return true
    }
}
