package import MariaDB

/// What is paused.
package struct PauseBook: Sendable {
    /// Operators pause no more things at once.
    package static let capacity = 1000
    /// No table has more that hold: those that the coordinator makes come on top, one for each kind at most.
    package static let rowLimit = 2 * capacity

    private var pauses: [Pause.Target: Pause] = [:]

    package init() {}

    /// The pause of a target that still holds.
    package func pause(of target: Pause.Target, at now: Timestamp) -> Pause? {
        pauses[target].flatMap { $0.holds(at: now) ? $0 : nil }
    }

    /// All that hold, by scope and name.
    package func all(at now: Timestamp) -> [Pause] {
        pauses.values.filter { $0.holds(at: now) }.sorted { $0.target.description < $1.target.description }
    }

    /// Whether there is room for an operator's pause of a target.
    package func hasRoom(for target: Pause.Target, at now: Timestamp) -> Bool {
        pauses[target] != nil || pauses.values.count { $0.holds(at: now) } < Self.capacity
    }

    mutating func insert(_ pause: Pause) { pauses[pause.target] = pause }

    mutating func remove(_ target: Pause.Target) { pauses[target] = nil }

    /// Removes those whose time is over, and tells them.
    mutating func removeEnded(at now: Timestamp) -> [Pause] {
        guard !pauses.isEmpty else { return [] }
        let ended = pauses.values.filter { !$0.holds(at: now) }
        for pause in ended { pauses[pause.target] = nil }
        return ended
    }

    func isPaused(_ kind: JobKind) -> Bool { !pauses.isEmpty && pauses[Pause.Target(.kind, kind.rawValue)] != nil }

    func isPaused(wiki: String) -> Bool { !pauses.isEmpty && pauses[Pause.Target(.wiki, wiki)] != nil }

    /// Whether the site is paused that the resource is.
    func isPaused(_ resource: Resource) -> Bool {
        !pauses.isEmpty && resource.type == "site" && pauses[Pause.Target(.site, resource.name)] != nil
    }

    /// Whether jobs wait for the resource because its wiki is paused.
    func holdsBack(_ resource: Resource) -> Bool { resource.type == "wiki" && isPaused(wiki: resource.name) }
}

extension Resource {
    /// What stands behind the colon.
    fileprivate var name: String { String(rawValue.dropFirst(type.count + 1)) }
}
