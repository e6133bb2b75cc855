/// The name of what a job produces, such as `modules`.
package struct JobKind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Names a kind, known to this program or not.
    package init(rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
}
