/// Which requests a fault meets.
package struct FaultRule: Sendable, Codable, Equatable {
    /// Which wikis; `nil` for all.
    package var wikis: WikiChoice?
    /// Which questions; `nil` for all.
    package var kinds: [RequestKind]?
    /// The first request of a wiki that is met, and the last one, counted from 1 among those of `wikis` and `kinds`; `nil`
    /// for no bound.
    package var from: Int?
    package var to: Int?
    /// The share of requests that are met, from 0 to 1: which ones follows from the simulator's seed. `nil` for all.
    package var probability: Double?
    package var fault: Fault

    package init(
        _ fault: Fault,
        wikis: WikiChoice? = nil,
        kinds: [RequestKind]? = nil,
        from: Int? = nil,
        to: Int? = nil,
        probability: Double? = nil
    ) {
        self.fault = fault
        self.wikis = wikis
        self.kinds = kinds
        self.from = from
        self.to = to
        self.probability = probability
    }

    /// Some of the wikis.
    package enum WikiChoice: Sendable, Codable, Equatable {
        /// By index.
        case these([Int])
        /// One in so many, from the index `offset` on.
        case every(Int, offset: Int)

        func contains(_ index: Int) -> Bool {
            switch self {
            case .these(let indices): indices.contains(index)
            case .every(let step, let offset): step > 0 && index >= offset && (index - offset).isMultiple(of: step)
            }
        }
    }

    func isAbout(_ wiki: Int, _ kind: RequestKind) -> Bool {
        wikis?.contains(wiki) ?? true && kinds?.contains(kind) ?? true
    }
}

/// Decides about each request, and counts them: a value that a lock guards.
struct FaultScript: Sendable {
    private let seed: UInt64
    private(set) var rules: [FaultRule]
    private var counts: [Key: Int] = [:]

    private struct Key: Hashable {
        let rule: Int
        let wiki: Int
    }

    init(_ rules: [FaultRule], seed: UInt64) {
        self.rules = rules
        self.seed = seed
    }

    /// The faults of a wiki's next request: at most one, and latency beside it.
    mutating func next(wiki: Int, kind: RequestKind) -> (fault: Fault?, latency: Int) {
        var met: Fault?
        var latency = 0
        for (place, rule) in rules.enumerated() where rule.isAbout(wiki, kind) {
            let key = Key(rule: place, wiki: wiki)
            let number = counts[key, default: 0] + 1
            counts[key] = number
            guard number >= rule.from ?? 1, number <= rule.to ?? .max else { continue }
            if let probability = rule.probability {
                let chance = Chance.number(seed, UInt64(place), UInt64(wiki), UInt64(number), 40)
                guard Double(chance % 1_000_000) < probability * 1_000_000 else { continue }
            }
            if case .latency(let milliseconds) = rule.fault {
                latency += milliseconds
            } else if met == nil {
                met = rule.fault
            }
        }
        return (met, latency)
    }
}
