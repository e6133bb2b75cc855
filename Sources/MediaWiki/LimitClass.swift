/// The class of clients by which Wikimedia's gateway counts requests.
///
/// Source: <https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits>.
package struct LimitClass: Sendable, Equatable {
    package let name: String
    /// `nil` for no limit.
    package let requestsPerMinute: Double?

    /// Toolforge and Cloud VPS.
    package static let knownNetwork = LimitClass(name: "known-network", requestsPerMinute: nil)
    /// An account in a group of bots.
    package static let approvedBot = LimitClass(name: "approved-bot", requestsPerMinute: nil)
    /// An account with the right `apihighlimits`.
    package static let highLimits = LimitClass(name: "highlimits-user", requestsPerMinute: nil)
    /// Any other account. One that is established has more, which the API doesn't tell.
    package static let account = LimitClass(name: "authed-user", requestsPerMinute: 200)
    /// No account, and a User-Agent with a contact.
    package static let bot = LimitClass(name: "unauthed-bot", requestsPerMinute: 200)
    /// Neither.
    package static let anonymous = LimitClass(name: "anon", requestsPerMinute: 10)

    /// The class of this client.
    /// - Parameters:
    ///   - isAtWikimedia: whether it runs in Wikimedia's own cloud.
    ///   - account: whose requests they are.
    package init(isAtWikimedia: Bool, account: WikiAccount?, hasContact: Bool) {
        self =
            if isAtWikimedia {
                .knownNetwork
            } else if let account {
                account.groups.contains("bot") ? .approvedBot : account.hasHighLimits ? .highLimits : .account
            } else {
                hasContact ? .bot : .anonymous
            }
    }

    private init(name: String, requestsPerMinute: Double?) {
        self.name = name
        self.requestsPerMinute = requestsPerMinute
    }
}
