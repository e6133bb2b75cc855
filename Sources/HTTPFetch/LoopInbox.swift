import CCurl
import Concurrency
import Glibc

/// How other threads talk to the loop: commands in an array, and an eventfd that wakes it.
final class LoopInbox: Sendable {
    /// What others ask of the loop.
    enum Command: Sendable {
        case start(id: UInt64, HTTPRequest, Transfer.Receiver, submitted: ContinuousClock.Instant)
        case cancel(id: UInt64)
        case resume(id: UInt64)
    }

    private struct State {
        var commands: [Command] = []
        /// Requests submitted and not finished: what bounds `commands` too, as each has a few at most.
        var requests = 0
        var nextID: UInt64 = 1
        var isStopping = false
        var isClosed = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Readable when there is something for the loop; negative when the system has no descriptor left.
    let descriptor: Int32
    private let maximumRequests: Int
    private let state = Lock(State())

    /// Makes an inbox for `maximumRequests` requests at a time.
    init(maximumRequests: Int) {
        self.maximumRequests = maximumRequests
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    // MARK: From any thread

    /// A new request's id, or why there can be none.
    func reserve(url: String) throws(HTTPError) -> UInt64 {
        let outcome: Result<UInt64, HTTPError> = state.withLock { state in
            guard !state.isStopping else { return .failure(.shutDown(url)) }
            guard state.requests < maximumRequests else {
                return .failure(HTTPError(.clientFull, url: url, message: "\(maximumRequests) requests are under way"))
            }
            state.requests += 1
            defer { state.nextID += 1 }
            return .success(state.nextID)
        }
        return try outcome.get()
    }

    /// Hands over a command; `false` when the loop takes none any more.
    @discardableResult
    func send(_ command: Command) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed else { return false }
            state.commands.append(command)
            return true
        }
        if isTaken { signal() }
        return isTaken
    }

    /// Asks the loop to end.
    func stop() {
        state.withLock { $0.isStopping = true }
        signal()
    }

    /// As ``stop()``, and returns when the loop has ended.
    func stopAndWait() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                state.isStopping = true
                if !state.isClosed { state.stopWaiters.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() } else { signal() }
        }
    }

    private func signal() { eventfd_write(descriptor, 1) }

    // MARK: From the loop

    /// Makes ``descriptor`` wait for the next command.
    func clearSignal() {
        var ignored: eventfd_t = 0
        eventfd_read(descriptor, &ignored)
    }

    /// All commands so far, and whether the loop is to end after them.
    func take() -> (commands: [Command], isStopping: Bool) {
        state.withLock { state in
            defer { state.commands = [] }
            return (state.commands, state.isStopping)
        }
    }

    /// A request has ended.
    func release() { state.withLock { $0.requests -= 1 } }

    /// Takes nothing any more, so that no command is left unseen; what is left to do.
    func close() -> (commands: [Command], waiters: [CheckedContinuation<Void, Never>]) {
        state.withLock { state in
            state.isClosed = true
            defer {
                state.commands = []
                state.stopWaiters = []
            }
            return (state.commands, state.stopWaiters)
        }
    }
}

extension HTTPError {
    /// The error of every request to a client that was shut down.
    static func shutDown(_ url: String) -> HTTPError {
        HTTPError(.shutDown, url: url, message: "the client was shut down")
    }
}
