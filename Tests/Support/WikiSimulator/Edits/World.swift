/// All wikis at the moment, and what has happened to them: a value that a lock guards.
struct World: Sendable {
    let family: SimulatedFamily
    let retention: Retention
    /// Only the wikis that something has happened to.
    private var states: [Int: WikiState] = [:]
    private var history = ChangeHistory()
    /// How many steps of the schedule were done.
    private(set) var steps = 0

    init(_ family: SimulatedFamily, retention: Retention) {
        self.family = family
        self.retention = retention
    }

    /// The wiki at an index as it is now.
    func state(of index: Int) -> WikiState { states[index] ?? WikiState(family[index]) }

    /// What has happened, as far as it is kept.
    var changes: ChangeHistory { history }

    /// Does the next `count` things that the seed has in store.
    /// - Parameters:
    ///   - actions: what may happen.
    ///   - wikis: to which; `nil` for all.
    mutating func edit(count: Int, actions: [EditAction], wikis: [Int]?, time: Int64) -> [Change] {
        var done: [Change] = []
        for _ in 0..<count {
            steps += 1
            if let change = step(Chance.number(family.seed, UInt64(steps), 30), actions, wikis, time) {
                done.append(change)
            }
        }
        return done
    }

    /// Does one thing to one wiki.
    mutating func edit(wiki index: Int, _ action: EditAction, number: UInt64, time: Int64) -> Change? {
        guard !family[index].isPlain else { return nil }
        // Taken out, so that what it keeps isn't copied.
        var state = states.removeValue(forKey: index) ?? WikiState(family[index])
        defer { states[index] = state }
        guard var change = state.apply(action, number: number, time: time) else { return nil }
        history.append(&change, retention: retention)
        return change
    }

    private mutating func step(
        _ number: UInt64,
        _ actions: [EditAction],
        _ wikis: [Int]?,
        _ time: Int64
    ) -> Change? {
        let count = wikis?.count ?? family.count
        guard count > 0, !actions.isEmpty else { return nil }
        let action = actions[Int((number >> 8) % UInt64(actions.count))]
        for attempt in 0..<10 {
            let place = Int(Chance.number(number, UInt64(attempt), 31) % UInt64(count))
            let index = wikis?[place] ?? place
            guard index < family.count, !family[index].isClosed else { continue }
            if let change = edit(wiki: index, action, number: number, time: time) { return change }
        }
        return nil
    }
}
