/// How many contexts serve and how many are parked: the rule, without the contexts.
///
/// A context serves while it waits for a request or works on one. At any time at least `target` contexts serve, as
/// far as `maximum` allows.
struct ServingCount: Equatable {
    /// What a request that wants to park is told.
    enum Parking {
        /// It's parked.
        case parked
        /// It's parked, and another context has to serve in its place.
        case replaced
        /// There are as many contexts as may be: it has to be answered now.
        case refused
    }

    let target: Int
    let maximum: Int
    private(set) var serving: Int
    private(set) var parked = 0

    /// Starts with `target` contexts that serve.
    init(target: Int, maximum: Int) {
        self.target = max(1, target)
        self.maximum = max(self.target, maximum)
        serving = self.target
    }

    /// A request that is being served wants to wait for something.
    mutating func park() -> Parking {
        let isReplaced = serving <= target
        if isReplaced && serving + parked >= maximum { return .refused }
        parked += 1
        if !isReplaced { serving -= 1 }
        return isReplaced ? .replaced : .parked
    }

    /// A parked request goes on.
    mutating func unpark() {
        parked -= 1
        serving += 1
    }

    /// A request was answered. Returns whether its context is to wait for another; else it no longer serves.
    mutating func answered() -> Bool {
        guard serving > target else { return true }
        serving -= 1
        return false
    }
}
