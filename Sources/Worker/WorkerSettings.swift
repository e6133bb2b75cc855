package import HTTPFetch
package import MariaDB
package import MediaWiki

/// What a worker needs to know before it starts.
package struct WorkerSettings: Sendable {
    /// How many jobs it does at once, 1 to 256.
    package var slots: Int
    /// How long it may take to stop once it is told to.
    package var grace: Duration = .seconds(12)
    /// How it talks to wikis; its User-Agent has the operator's contact.
    package var http: HTTPClientSettings
    /// Whether the User-Agent has a contact, without which Wikimedia's wikis aren't asked anything.
    package var hasContact: Bool
    /// `maxlag` of the API requests: wikis whose replicas lag more ask for time. `nil` for none.
    package var maximumLag: Int? = 5
    /// For how long the lists of changes of all wikis are sure to hold what happened.
    package var changesReach: Duration = .seconds(25 * 86_400)
    /// How much earlier than the tables were brought up to date a wiki is asked for changes from: lines come late to its lists.
    package var changesOverlap: Duration = .seconds(3600)
    /// What is appended to the URL of a host to get its scripts' path, where a list of wikis has only hosts.
    package var scriptPath = "/w"
    /// Whose requests they are that go to the wikis of ``credentialsSite``; `nil` for nobody's.
    package var credentials: WikiCredentials?
    /// The site that is shown the credentials. No other is.
    package var credentialsSite = Site.wikimedia
    /// The server with `meta_p`; `nil` where there is none.
    package var metaDatabase: ConnectionSettings?

    package init(slots: Int, http: HTTPClientSettings, hasContact: Bool) {
        self.slots = slots
        self.http = http
        self.hasContact = hasContact
    }
}
