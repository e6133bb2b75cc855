/// Numbers that look like chance and follow from what they are about, in whatever order they are asked for.
enum Chance {
    /// A number that follows from others. Source: the finisher of SplitMix64.
    static func number(_ parts: UInt64...) -> UInt64 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for part in parts {
            state = (state ^ part) &+ 0x9E37_79B9_7F4A_7C15
            state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
            state ^= state >> 31
        }
        return state
    }

    /// A number in a range, from one that is any.
    static func pick(_ range: ClosedRange<Int>, by number: UInt64) -> Int {
        range.lowerBound + Int(number % UInt64(range.count))
    }
}
