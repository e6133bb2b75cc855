import MariaDB

/// The time of day as it was at the start, carried on by a clock that never jumps: leases mustn't end because somebody set
/// the system's clock.
struct SteadyClock: Sendable {
    private let start = Timestamp.now
    private let origin = ContinuousClock.now

    var now: Timestamp { start.advanced(by: ContinuousClock.now - origin) }
}
