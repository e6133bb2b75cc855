/// Somebody who may log in at all wikis of a simulator.
package struct Account: Sendable, Codable, Equatable {
    package var name: String
    /// Of the bot password: it logs in as `name@perigee`.
    package var password: String
    /// What stands behind `Authorization: Bearer`.
    package var token: String
    /// Whether it has the right `apihighlimits`.
    package var hasHighLimits: Bool

    package init(name: String, password: String, token: String, hasHighLimits: Bool) {
        self.name = name
        self.password = password
        self.token = token
        self.hasHighLimits = hasHighLimits
    }

    /// One with the limits of bots, and one without.
    package static let examples = [
        Account(name: "Robot", password: "robotpassword0123456789", token: "robot.token", hasHighLimits: true),
        Account(name: "Person", password: "personpassword0123456789", token: "person.token", hasHighLimits: false),
    ]

    var groups: [String] { (hasHighLimits ? ["bot"] : []) + ["*", "user", "autoconfirmed"] }

    var rights: [String] {
        ["read", "edit", "createpage", "createtalk", "writeapi", "autoconfirmed", "editmyoptions"]
            + (hasHighLimits ? ["bot", "noratelimit", "apihighlimits"] : [])
    }
}
