import CNNG
import Concurrency

/// One `nng_aio`, for one operation at a time.
final class AsyncIO: @unchecked Sendable {
    private struct State {
        var continuation: CheckedContinuation<NNGErrorCode?, Never>?
        var isStopped = false
    }

    // Sendable holds because it is set in `init` only, and nng's functions on it may be called from any thread.
    private var aio: OpaquePointer!
    private let state = Lock(State())

    /// - Throws: ``NNGErrorCode/outOfMemory``.
    init() throws(NNGErrorCode) {
        let result = nng_aio_alloc(&aio, operationDidEnd, Unmanaged.passUnretained(self).toOpaque())
        guard result == 0 else { throw NNGErrorCode(rawValue: result) }
    }

    // Not `nng_aio_free`: that waits for the callback, on whose thread the last reference may go.
    deinit { if let aio { nng_aio_reap(aio) } }

    /// Runs the operation that `start` starts with the aio, and returns its error when nng has finished with it.
    ///
    /// - Parameter isCancellable: whether the task's cancellation ends the operation.
    func run(
        within timeout: Duration?,
        isCancellable: Bool = true,
        _ start: (OpaquePointer) -> Void
    ) async -> NNGErrorCode? {
        nng_aio_set_timeout(aio, timeout?.nngMilliseconds ?? NNG_DURATION_INFINITE)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.continuation = continuation }
                start(aio)
                // A cancellation that came before the start had no effect.
                let isStopped = state.withLock { $0.isStopped }
                if isStopped || (isCancellable && Task.isCancelled) { nng_aio_cancel(aio) }
            }
        } onCancel: {
            if isCancellable { nng_aio_cancel(aio) }
        }
    }

    /// Ends the operation that is running and each later one with ``NNGErrorCode/cancelled``.
    func stop() {
        state.withLock { $0.isStopped = true }
        nng_aio_cancel(aio)
    }

    /// Gives nng a message for the next operation.
    func put(_ message: consuming Message) { nng_aio_set_msg(aio, message.release()) }

    /// The message that the last operation has left, or has not sent.
    func take() -> Message? {
        guard let pointer = nng_aio_get_msg(aio) else { return nil }
        nng_aio_set_msg(aio, nil)
        return Message(adopting: pointer)
    }

    fileprivate func end() {
        let result = nng_aio_result(aio)
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: result == 0 ? nil : NNGErrorCode(rawValue: result))
    }
}

private func operationDidEnd(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    Unmanaged<AsyncIO>.fromOpaque(argument).takeUnretainedValue().end()
}
