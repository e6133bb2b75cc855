/// How an ``HTTPClient`` connects.
package struct HTTPClientSettings: Sendable {
    /// What the client calls itself in every request.
    package var userAgent: String
    /// The most requests under way to one host and port, so the most connections too (one does for all with HTTP/2).
    /// Further requests wait in the order in which they came, within their deadline.
    package var maximumConnectionsPerHost: Int
    /// The most requests under way in all, and the most connections that are kept for reuse.
    package var maximumConnections: Int
    /// The most requests that are under way or wait; one more ends at once with ``HTTPError/Code/clientFull``.
    package var maximumRequests: Int
    /// The time for name lookup, TCP and TLS handshake.
    package var connectTimeout: Duration
    /// A PEM file of trusted certificates instead of the system's; `nil` for the system's.
    package var certificateAuthorityFile: String?

    /// Makes settings; all but the user agent have defaults for a polite worker.
    package init(
        userAgent: String,
        maximumConnectionsPerHost: Int = 4,
        maximumConnections: Int = 64,
        maximumRequests: Int = 1024,
        connectTimeout: Duration = .seconds(10),
        certificateAuthorityFile: String? = nil
    ) {
        self.userAgent = userAgent
        self.maximumConnectionsPerHost = maximumConnectionsPerHost
        self.maximumConnections = maximumConnections
        self.maximumRequests = maximumRequests
        self.connectTimeout = connectTimeout
        self.certificateAuthorityFile = certificateAuthorityFile
    }
}
