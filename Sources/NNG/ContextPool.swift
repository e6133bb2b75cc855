import Concurrency

/// A fixed number of contexts, lent to one caller at a time, first come, first served.
final class ContextPool: Sendable {
    private struct State {
        var idle: [Context]
        var waiting: [Pending<Context>] = []
        var drain: Pending<Void>?
        var isClosed = false
    }

    private let contexts: [Context]
    private let maximumWaiting: Int
    private let state: Lock<State>

    init(_ contexts: [Context], maximumWaiting: Int) {
        self.contexts = contexts
        self.maximumWaiting = maximumWaiting
        state = Lock(State(idle: contexts))
    }

    /// Waits for a context, at most until `deadline`. It must be given back.
    func take(until deadline: ContinuousClock.Instant) async throws(NNGErrorCode) -> Context {
        let waiter = Pending<Context>()
        let idle = try state.withLock { state throws(NNGErrorCode) -> Context? in
            guard !state.isClosed else { throw .closed }
            if let context = state.idle.popLast() { return context }
            guard state.waiting.count < maximumWaiting else { throw .tooManyWaiting }
            state.waiting.append(waiter)
            return nil
        }
        if let idle { return idle }
        if let context = await waiter.value(within: .until(deadline)) { return context }
        let isClosed = state.withLock { state in
            state.waiting.removeAll { $0 === waiter }
            return state.isClosed
        }
        throw isClosed ? .closed : Task.isCancelled ? .cancelled : .timedOut
    }

    /// Takes a context back, and hands it on to the one who has waited longest.
    func give(_ context: Context) {
        while let waiter = state.withLock({ state -> Pending<Context>? in
            guard !state.waiting.isEmpty else {
                state.idle.append(context)
                return nil
            }
            return state.waiting.removeFirst()
        }) {
            // One whose time has just run out doesn't take it.
            if waiter.settle(context) { return }
        }
        state.withLock { $0.idle.count == contexts.count ? $0.drain : nil }?.settle(())
    }

    /// Turns everybody away: those who wait, those who come, and those whose exchange goes on; and waits until all
    /// contexts are back, at most `limit`.
    func close(within limit: Duration) async {
        let drain = Pending<Void>()
        let (waiting, isIdle) = state.withLock { state in
            state.isClosed = true
            state.drain = drain
            defer { state.waiting = [] }
            return (state.waiting, state.idle.count == contexts.count)
        }
        for waiter in waiting { waiter.settle(nil) }
        for context in contexts { context.stop() }
        if !isIdle { _ = await drain.value(within: limit, isCancellable: false) }
    }

    /// Whether it was closed.
    var isClosed: Bool { state.withLock { $0.isClosed } }
}
