/// The number of a row of `jobs`.
package struct JobID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    /// Names the job with this number.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { "\(rawValue)" }

    package static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
}

/// The number of a row of `runs`.
package struct RunID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    /// Names the run with this number.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { "\(rawValue)" }

    package static func < (left: RunID, right: RunID) -> Bool { left.rawValue < right.rawValue }
}
