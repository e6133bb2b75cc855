/// One request as the simulator has seen it.
package struct RequestRecord: Sendable, Codable, Equatable {
    /// When it was read, and when its answer was out or its connection gone; in nanoseconds of the steady clock.
    package var began: UInt64
    package var ended: UInt64
    /// By its place among all requests.
    package var number: Int
    /// The database's name; empty for what is none of a wiki.
    package var wiki: String
    /// The host and port that it was sent to.
    package var site: String
    package var userAgent: String
    package var acceptEncoding: String
    package var method: String
    package var kind: RequestKind
    /// Path and query, shortened.
    package var target: String
    /// How many were under way when it began, itself included.
    package var inFlightWiki: Int
    package var inFlightSite: Int
    /// 0 when no status line was sent.
    package var status: Int
    /// The name of the fault that it met.
    package var fault: String?
    /// What the answer asked to wait, in seconds.
    package var retryAfter: Int?
    /// Whether who is asked not to come is the whole site, not the wiki alone.
    package var isForSite: Bool
    /// Whether the client went away before the answer was out.
    package var isAborted: Bool

    package init(
        began: UInt64,
        ended: UInt64,
        number: Int,
        wiki: String,
        site: String,
        userAgent: String,
        acceptEncoding: String,
        method: String,
        kind: RequestKind,
        target: String,
        inFlightWiki: Int,
        inFlightSite: Int,
        status: Int,
        fault: String?,
        retryAfter: Int?,
        isForSite: Bool,
        isAborted: Bool
    ) {
        self.began = began
        self.ended = ended
        self.number = number
        self.wiki = wiki
        self.site = site
        self.userAgent = userAgent
        self.acceptEncoding = acceptEncoding
        self.method = method
        self.kind = kind
        self.target = target
        self.inFlightWiki = inFlightWiki
        self.inFlightSite = inFlightSite
        self.status = status
        self.fault = fault
        self.retryAfter = retryAfter
        self.isForSite = isForSite
        self.isAborted = isAborted
    }
}
