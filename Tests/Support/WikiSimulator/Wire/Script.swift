import NIOCore

/// What is done on a connection to answer a request, step by step.
struct Script {
    enum Step {
        /// Sends bytes.
        case send(ByteBuffer)
        /// Sends bytes, a few at a time.
        case drip(ByteBuffer, bytesPerSecond: Int)
        /// Sends spaces for ever.
        case dripForEver(bytesPerSecond: Int)
        case wait(milliseconds: Int)
        /// Says that nothing more comes.
        case close
        /// Breaks the connection off: the other end gets a reset.
        case reset
    }

    var steps: [Step] = []
    /// As the log has it; 0 when there is no status line.
    var status = 0
    /// What the answer asks to wait, in seconds.
    var retryAfter: Int?
}
