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
    /// How long there may be no connection before the dialer is replaced. In nng 1.5.2 a dialer never tries again after
    /// a peer that hung up with a reset before the handshake. Has to be longer than a try may take: 10 seconds for the
    /// handshake, and ``maximumReconnectDelay`` before it.
    package var redialAfter = Duration.seconds(45)
    /// Told why the dialer couldn't be replaced, such as a certificate that has expired; must not block.
    package var onProblem: @Sendable (any Error) -> Void = { _ in }

    /// Makes the default options.
    package init() {}
}
