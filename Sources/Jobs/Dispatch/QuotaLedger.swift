package import Concurrency
package import MariaDB

/// The limits of all resources, what is in use of them, and which are held back.
package struct QuotaLedger: Sendable {
    private let quotas: Quotas
    private var entries: [Resource: Entry] = [:]

    private struct Entry: Sendable {
        var inUse = 0
        var heldBackUntil: Timestamp?
        var reason = ""
        /// How often in a row it was held back, with less than ``QuotaLedger/forgiveness`` in between.
        var strikes = 0
        var lastStrike: Timestamp?

        var isIdle: Bool { inUse == 0 && heldBackUntil == nil && strikes == 0 }
    }

    /// A resource as an operator sees it.
    package struct Report: Sendable, Equatable {
        package let resource: Resource
        package let inUse: Int
        package let limit: Int
        package let heldBackUntil: Timestamp?
        package let reason: String
    }

    /// The wait of a resource that failed and didn't say for how long: doubling, with up to 10 % more at random, so that
    /// not everything comes back at once.
    package static let holdBackPolicy = RetryPolicy(initialDelay: .seconds(60), maximumDelay: .seconds(3600))

    /// After so long without a new strike, the old ones are forgiven.
    package static let forgiveness = Duration.seconds(1800)

    /// No resource is held back for longer in one go, whatever it asks for.
    package static let longestHoldBack = Duration.seconds(6 * 3600)

    /// Makes a ledger in which nothing is in use.
    package init(quotas: Quotas) {
        self.quotas = quotas
    }

    /// Whether a job that needs this resource can be granted now.
    package func hasRoom(_ resource: Resource, at now: Timestamp) -> Bool {
        heldBackUntil(resource, at: now) == nil && !isFull(resource)
    }

    /// Whether as many jobs use the resource as may.
    func isFull(_ resource: Resource) -> Bool { (entries[resource]?.inUse ?? 0) >= quotas[resource].atOnce }

    /// Until when the resource is held back; `nil` when it isn't now.
    package func heldBackUntil(_ resource: Resource, at now: Timestamp) -> Timestamp? {
        entries[resource]?.heldBackUntil.flatMap { $0 > now ? $0 : nil }
    }

    /// One more job uses the resource.
    package mutating func take(_ resource: Resource) {
        entries[resource, default: Entry()].inUse += 1
    }

    /// One job less uses the resource.
    package mutating func giveBack(_ resource: Resource) {
        guard var entry = entries[resource] else { return }
        entry.inUse -= 1
        entries[resource] = entry.isIdle ? nil : entry
    }

    /// Holds back a resource for as long as it asked for or, where it didn't say, for a time that doubles.
    package mutating func holdBack(
        _ resource: Resource,
        for wait: Duration?,
        reason: String,
        at now: Timestamp,
        using generator: inout some RandomNumberGenerator
    ) {
        var entry = entries[resource] ?? Entry()
        let forgiven = entry.lastStrike.map { $0.advanced(by: Self.forgiveness) < now } ?? true
        // Answers to requests that were under way when the resource first said no are no new strike.
        let isNews = entry.heldBackUntil.map { $0 <= now } ?? true
        if isNews { entry.strikes = forgiven ? 1 : entry.strikes + 1 }
        entry.lastStrike = now
        let ownWait = Self.holdBackPolicy.ceiling(afterFailedAttempts: entry.strikes)
        let until = now.advanced(
            by: min(wait ?? ownWait * Double.random(in: 1...1.1, using: &generator), Self.longestHoldBack)
        )
        if wait != nil || isNews { entry.heldBackUntil = max(until, entry.heldBackUntil ?? until) }
        entry.reason = reason
        entries[resource] = entry
    }

    /// The limits of a resource.
    package func quota(of resource: Resource) -> Quota { quotas[resource] }

    /// Every resource that is in use or held back.
    package func reports(at now: Timestamp) -> [Report] {
        entries.map { resource, entry in
            Report(
                resource: resource,
                inUse: entry.inUse,
                limit: quotas[resource].atOnce,
                heldBackUntil: heldBackUntil(resource, at: now),
                reason: entry.reason
            )
        }
        .filter { $0.inUse > 0 || $0.heldBackUntil != nil }
        .sorted { $0.resource.rawValue < $1.resource.rawValue }
    }

    func violations(inUse: [Resource: Int]) -> [String] {
        var found: [String] = []
        for resource in Set(inUse.keys).union(entries.keys) {
            let counted = entries[resource]?.inUse ?? 0
            if counted != inUse[resource] ?? 0 {
                found.append("\(resource): \(counted) in use by the ledger, not by leases")
            }
            if counted > quotas[resource].atOnce { found.append("\(resource): more in use than its limit") }
        }
        return found
    }
}
