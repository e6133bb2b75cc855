/// The bounds of a ``Replier``.
package struct ReplierOptions: Sendable {
    /// How many requests are served at once, not counting those that are parked.
    package var contexts = 64
    /// How many requests are served and parked at once in all.
    package var maximumContexts = 1024
    /// The size of the largest request and answer, in bytes. The other end must have the same.
    package var maximumMessageSize = 16 << 20
    /// How long an answer waits for the answers before it on the same connection. A connection whose peer doesn't read
    /// for that long is closed.
    package var answerTimeout = Duration.seconds(30)
    /// Told of answers that were too large or were not taken; must not block.
    package var onProblem: @Sendable (NNGError) -> Void = { _ in }

    /// Makes the default options.
    package init() {}
}
