import CNNG
import Dispatch

/// One context of a socket: one exchange at a time, in its own order, beside those of the other contexts.
final class Context: Sendable {
    private let handle: nng_ctx
    private let io: AsyncIO
    // Kept open as long as one of its contexts is in use.
    private let socket: Socket

    init(_ socket: Socket) throws(NNGErrorCode) {
        io = try AsyncIO()
        var context = nng_ctx()
        try NNGErrorCode.check(nng_ctx_open(&context, socket.handle))
        handle = context
        self.socket = socket
    }

    // In its turn: nng 1.5.2 uses freed memory when a context is closed while its socket is.
    deinit { socket.lifecycle.async { [handle] in nng_ctx_close(handle) } }

    /// Hands `message` over to a connection, waiting for one at most `timeout`.
    func send(
        _ message: consuming Message,
        within timeout: Duration,
        isCancellable: Bool
    ) async throws(NNGErrorCode) {
        io.put(message)
        let code = await io.run(within: timeout, isCancellable: isCancellable) { nng_ctx_send(handle, $0) }
        guard let code else { return }
        // What wasn't sent is ours again; dropped here.
        _ = io.take()
        throw code
    }

    /// Waits for a message, at most `timeout`, or for ever.
    ///
    /// Of a REQ socket only after the send has completed: nng 1.5.2 crashes when a receive is cancelled before
    /// (nanomsg/nng#1702). From then on a cancellation takes the same way in nng as a timeout.
    func receive(within timeout: Duration?) async throws(NNGErrorCode) -> Message {
        if let code = await io.run(within: timeout, { nng_ctx_recv(handle, $0) }) { throw code }
        guard let message = io.take() else { throw .state }
        return message
    }

    /// Ends what is going on in the context, and whatever is begun later, with ``NNGErrorCode/cancelled``.
    func stop() { io.stop() }
}
