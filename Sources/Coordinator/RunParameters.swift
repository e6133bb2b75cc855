import Jobs

/// What the latest runs were started with: each of their grants carries it.
struct RunParameters: Sendable {
    private static let capacity = 16
    private var known: [RunID: [UInt8]] = [:]

    subscript(run: RunID) -> [UInt8]? {
        get { known[run] }
        set {
            known[run] = newValue
            if known.count > Self.capacity, let oldest = known.keys.min() { known[oldest] = nil }
        }
    }
}
