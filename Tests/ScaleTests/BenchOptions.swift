import Glibc

/// From the environment: see `ops/bench/regrant` and `ops/bench/scaling`.
enum BenchOptions {
    /// How often each fault is inflicted; `nil` when nothing is to be measured.
    static let repeats = number("REGRANT_REPEATS")
    static let heartbeat = number("REGRANT_HEARTBEAT") ?? 5
    static let lease = number("REGRANT_LEASE") ?? 45
    /// How long each number of workers is looked at; `nil` when nothing is to be measured.
    static let seconds = number("SCALING_SECONDS")

    private static func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
}

extension String {
    /// With spaces in front of it, to be so long.
    func padded(_ length: Int) -> String { String(repeating: " ", count: max(0, length - count)) + self }
}

extension Double {
    /// With so many digits behind the point.
    func rounded(to digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((self * scale).rounded())
        guard digits > 0 else { return "\(whole)" }
        let fraction = String(whole % Int(scale))
        return "\(whole / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
