import Concurrency

/// What has arrived of a streamed answer and isn't consumed yet.
///
/// The loop's thread puts in; one consumer takes all that is there at once. When it is full the loop pauses the
/// transfer, and the consumer that empties it says so by ``Taken/wasPaused``.
final class StreamBuffer: Sendable {
    /// What a consumer gets.
    enum Taken: Sendable {
        case chunk([UInt8], wasPaused: Bool)
        case end(HTTPError?)
    }

    private enum Waiter {
        case head(CheckedContinuation<Result<HTTPResponseHead, HTTPError>, Never>)
        case chunk(CheckedContinuation<Taken, Never>)
    }

    private struct State {
        var head: HTTPResponseHead?
        var bytes: [UInt8] = []
        var isPaused = false
        var isFinished = false
        var failure: HTTPError?
        var waiter: Waiter?
        var wireBytes = 0
    }

    private let limit: Int
    private let state = Lock(State())

    /// Makes a buffer for `limit` bytes.
    init(limit: Int) { self.limit = limit }

    /// What came over the network; complete once the end was taken.
    var wireBytes: Int { state.withLock { $0.wireBytes } }

    /// Called by the loop once, before the first byte.
    func put(head: HTTPResponseHead) {
        let waiter: Waiter? = state.withLock { state in
            state.head = head
            guard case .head = state.waiter else { return nil }
            return state.waiter.take()
        }
        if case .head(let continuation) = waiter { continuation.resume(returning: .success(head)) }
    }

    /// Called by the loop; `false` when there is no room, and then nothing was taken.
    func put(_ new: UnsafeRawBufferPointer) -> Bool {
        let chunk = [UInt8](new)
        enum Outcome { case stored, full, handOver(Waiter) }
        let outcome: Outcome = state.withLock { state in
            if case .chunk = state.waiter, let waiter = state.waiter.take() { return .handOver(waiter) }
            guard state.bytes.isEmpty || state.bytes.count + chunk.count <= limit else {
                state.isPaused = true
                return .full
            }
            state.bytes += chunk
            return .stored
        }
        switch outcome {
        case .stored: return true
        case .full: return false
        case .handOver(let waiter):
            if case .chunk(let continuation) = waiter {
                continuation.resume(returning: .chunk(chunk, wasPaused: false))
            }
            return true
        }
    }

    /// Called by the loop once, at the end. What was put before can still be taken, unless there is a failure.
    func finish(_ failure: HTTPError?, wireBytes: Int) {
        let waiter: Waiter? = state.withLock { state in
            state.isFinished = true
            state.failure = failure
            state.wireBytes = wireBytes
            if failure != nil { state.bytes = [] }
            return state.waiter.take()
        }
        switch waiter {
        case .head(let continuation):
            let error = failure ?? HTTPError(.protocolError, url: "", message: "an answer without a head")
            continuation.resume(returning: .failure(error))
        case .chunk(let continuation): continuation.resume(returning: .end(failure))
        case nil: break
        }
    }

    /// Waits for the head.
    func takeHead(_ continuation: CheckedContinuation<Result<HTTPResponseHead, HTTPError>, Never>) {
        let ready: Result<HTTPResponseHead, HTTPError>? = state.withLock { state in
            if let head = state.head { return .success(head) }
            if let failure = state.failure { return .failure(failure) }
            state.waiter = .head(continuation)
            return nil
        }
        if let ready { continuation.resume(returning: ready) }
    }

    /// Waits for bytes or the end. Only one may wait at a time.
    func take(_ continuation: CheckedContinuation<Taken, Never>) {
        let ready: Taken? = state.withLock { state in
            if !state.bytes.isEmpty {
                let taken = Taken.chunk(state.bytes, wasPaused: state.isPaused)
                state.bytes = []
                state.isPaused = false
                return taken
            }
            if state.isFinished { return .end(state.failure) }
            state.waiter = .chunk(continuation)
            return nil
        }
        if let ready { continuation.resume(returning: ready) }
    }
}
