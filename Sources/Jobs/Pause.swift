package import MariaDB

/// Nothing more of a kind, a wiki or a site is granted for a time. A row of `pauses`.
package struct Pause: Sendable, Equatable {
    /// What can be paused.
    package enum Scope: String, Sendable, CaseIterable {
        case kind, wiki, site
    }

    /// What is paused, such as `kind:modules`.
    package struct Target: Hashable, Sendable, CustomStringConvertible {
        package let scope: Scope
        package let name: String

        package init(_ scope: Scope, _ name: String) {
            self.scope = scope
            self.name = name
        }

        /// What text of the form `scope:name` names; `nil` for other text.
        package init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":"), let scope = Scope(rawValue: String(text[..<colon])) else {
                return nil
            }
            self.init(scope, String(text[text.index(after: colon)...]))
        }

        package var description: String { "\(scope.rawValue):\(name)" }
    }

    package let target: Target
    /// When it ends by itself; `nil` when somebody has to end it.
    package let until: Timestamp?
    /// In one line.
    package let reason: String
    package let pausedBy: String
    package let pausedAt: Timestamp
    /// Whether the coordinator made it.
    package let isAutomatic: Bool

    package init(
        _ target: Target,
        until: Timestamp?,
        reason: String,
        pausedBy: String,
        pausedAt: Timestamp,
        isAutomatic: Bool = false
    ) {
        self.target = target
        self.until = until
        self.reason = reason
        self.pausedBy = pausedBy
        self.pausedAt = pausedAt
        self.isAutomatic = isAutomatic
    }

    /// Whether it still holds.
    package func holds(at now: Timestamp) -> Bool { until.map { $0 > now } ?? true }
}
