import CNNG
import Concurrency
import Dispatch

/// An nng socket with the connections that it has.
final class Socket: Sendable {
    let handle: nng_socket
    let pipes: PipeWatch
    /// Where dialers and listeners are made, changed and closed, contexts closed, and at last the socket, one after the
    /// other: nng 1.5.2 uses freed memory when a socket is closed while something of its own is.
    let lifecycle = DispatchQueue(label: "nng.lifecycle")
    private let isClosed = Lock(false)

    /// Opens a socket with one of nng's `nng_..._open` functions, that takes no message longer than `maximumMessageSize`.
    init(
        maximumMessageSize: Int,
        _ open: (UnsafeMutablePointer<nng_socket>) -> Int32
    ) throws(NNGErrorCode) {
        var socket = nng_socket()
        try NNGErrorCode.check(open(&socket))
        handle = socket
        pipes = PipeWatch()
        try pipes.watch(socket)
        // nng counts its own header of 4 bytes, and more of them behind a device.
        try NNGErrorCode.check(nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, maximumMessageSize + 64))
    }

    deinit {
        if let close = takeClose() { lifecycle.async(execute: close) }
    }

    /// Closes the socket, and returns when nng has done so or after `limit`, even when the task is cancelled.
    ///
    /// Returns whether nng has done so. In nng 1.5.2 it may never do, and then no other socket of the process either:
    /// over TLS a message is written in three steps, and when its connection is closed between two of them the one
    /// thread that takes down connections waits for ever for the third. So what was just sent gets a moment first, which
    /// is what makes it arrive too.
    func close(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        let linger = min(.milliseconds(50), limit / 2)
        _ = await Pending<Void>().value(within: linger, isCancellable: false)
        guard let close = takeClose() else { return true }
        return await Pending<Void>.on(lifecycle, close).value(within: .until(deadline), isCancellable: false) != nil
    }

    private func takeClose() -> (@Sendable () -> Void)? {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return nil }
        return { [handle, pipes] in
            nng_close(handle)
            pipes.release()
        }
    }
}

extension NNGErrorCode: Error {
    /// - Throws: `result` as a code, unless it's 0.
    static func check(_ result: Int32) throws(NNGErrorCode) {
        guard result == 0 else { throw NNGErrorCode(rawValue: result) }
    }

    /// Calls `body`, and throws its code as an ``NNGError``.
    static func wrap<Result>(
        _ operation: NNGError.Operation,
        _ address: String,
        _ body: () throws(NNGErrorCode) -> Result
    ) throws(NNGError) -> Result {
        do throws(NNGErrorCode) { return try body() } catch { throw NNGError(error, operation, address: address) }
    }
}
