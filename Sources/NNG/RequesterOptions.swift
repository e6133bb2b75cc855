/// The bounds of a ``Requester``.
package struct RequesterOptions: Sendable {
    /// How many requests are under way at once. nng 1.5.2 gets slow with more than some tens.
    package var contexts = 4
    /// How many more callers may wait for one of those to end.
    package var maximumWaiting = 256
    /// The size of the largest request and answer, in bytes. The other end must have the same.
    package var maximumMessageSize = 16 << 20
    /// The bound of the random wait before the first try to connect again; it doubles with each try.
    package var minimumReconnectDelay = Duration.milliseconds(500)
    /// What that bound doesn't grow beyond.
    package var maximumReconnectDelay = Duration.seconds(30)

    /// Makes the default options.
    package init() {}
}
