/// What a wiki is shown to know whose requests they are. Shows nothing of itself in logs.
package enum WikiCredentials: Sendable, Equatable, CustomStringConvertible {
    /// An OAuth 2 access token of an owner-only consumer.
    /// Source: <https://www.mediawiki.org/wiki/OAuth/Owner-only_consumers>.
    case token(String)
    /// A bot password. Source: <https://www.mediawiki.org/wiki/Manual:Bot_passwords>.
    case botPassword(name: String, password: String)

    package var description: String {
        switch self {
        case .token: "<token>"
        case .botPassword(let name, _): "<bot password of \(name)>"
        }
    }
}

/// What a wiki says of the account whose requests it gets.
package struct WikiAccount: Sendable, Equatable {
    package let name: String
    package let groups: [String]
    /// Whether it may ask for 500 texts and 5000 names at once, instead of 50 and 500.
    package let hasHighLimits: Bool

    package init(name: String, groups: [String], hasHighLimits: Bool) {
        self.name = name
        self.groups = groups
        self.hasHighLimits = hasHighLimits
    }
}
