/// The latest requests, and which are under way: a value that a lock guards.
struct RequestLog: Sendable {
    private let limit: Int
    private var ended: [RequestRecord] = []
    private var open: [Int: RequestRecord] = [:]
    private var inFlightWiki: [String: Int] = [:]
    private var inFlightSite: [String: Int] = [:]
    /// How many requests there were.
    private(set) var count = 0
    /// How many of them aren't kept any more.
    private(set) var dropped = 0

    init(limit: Int) { self.limit = limit }

    /// A request begins.
    /// - Returns: its number.
    mutating func begin(_ record: RequestRecord) -> Int {
        var record = record
        count += 1
        record.number = count
        inFlightSite[record.site, default: 0] += 1
        record.inFlightSite = inFlightSite[record.site] ?? 0
        if !record.wiki.isEmpty { inFlightWiki[record.wiki, default: 0] += 1 }
        record.inFlightWiki = inFlightWiki[record.wiki] ?? 0
        open[count] = record
        return count
    }

    /// What has come of it is known.
    mutating func note(_ number: Int, _ change: (inout RequestRecord) -> Void) {
        if var record = open[number] {
            change(&record)
            open[number] = record
        }
    }

    /// It is over.
    /// - Returns: its record, the first time.
    mutating func end(_ number: Int, at time: UInt64) -> RequestRecord? {
        guard var record = open.removeValue(forKey: number) else { return nil }
        record.ended = time
        Self.take(record.site, from: &inFlightSite)
        if !record.wiki.isEmpty { Self.take(record.wiki, from: &inFlightWiki) }
        ended.append(record)
        if ended.count > 2 * limit {
            dropped += ended.count - limit
            ended.removeFirst(ended.count - limit)
        }
        return record
    }

    /// Those that are kept, in the order in which they began; those under way end now.
    func records(now: UInt64) -> [RequestRecord] {
        let running = open.values.map { record in
            var record = record
            record.ended = now
            return record
        }
        return (ended + running).sorted { $0.number < $1.number }
    }

    mutating func clear() {
        dropped += ended.count
        ended.removeAll()
    }

    private static func take(_ name: String, from counts: inout [String: Int]) {
        let left = (counts[name] ?? 1) - 1
        counts[name] = left > 0 ? left : nil
    }
}
