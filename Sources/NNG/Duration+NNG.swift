extension Duration {
    /// The time from now until `instant`; negative when that has passed.
    static func until(_ instant: ContinuousClock.Instant) -> Duration { ContinuousClock.now.duration(to: instant) }

    /// Whole milliseconds for nng, at least 1: 0 would mean "don't wait", and less "for ever".
    var nngMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max / 1000) else { return Int32.max }
        guard seconds >= 0 else { return 1 }
        return max(1, Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
