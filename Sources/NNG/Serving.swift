import Concurrency

/// The contexts of a ``Replier`` and how many of them are in use.
final class Serving: Sendable {
    private struct State {
        var count: ServingCount
        var idle: [Context] = []
        var phase = Phase.initial
    }

    private enum Phase {
        case initial
        case running(AsyncStream<Void>.Continuation)
        case stopped
    }

    private let socket: Socket
    private let state: Lock<State>
    private let ended = Pending<Void>()

    init(_ socket: Socket, target: Int, maximum: Int) {
        self.socket = socket
        state = Lock(State(count: ServingCount(target: target, maximum: maximum)))
    }

    /// How many contexts serve, and how many are parked.
    var count: ServingCount { state.withLock { $0.count } }

    /// Runs `serve` for each context that is to serve, until it's stopped, cancelled, or one of them throws; not
    /// at all when it was stopped before.
    func run(_ serve: @escaping @Sendable (Context) async throws -> Void) async throws {
        let (vacancies, vacancy) = AsyncStream<Void>.makeStream()
        let target = try state.withLock { state throws(NNGErrorCode) -> Int? in
            switch state.phase {
            case .initial: state.phase = .running(vacancy)
            case .running: throw .state
            case .stopped: return nil
            }
            return state.count.target
        }
        guard let target else { return }
        defer {
            state.withLock { $0.phase = .stopped }
            ended.settle(())
        }
        for _ in 0..<target { vacancy.yield() }
        try await withThrowingDiscardingTaskGroup { group in
            for await _ in vacancies {
                group.addTask { [self] in
                    do {
                        let context = try takeContext()
                        defer { state.withLock { $0.idle.append(context) } }
                        try await serve(context)
                    } catch {
                        vacancy.finish()
                        throw error
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Cancels all that run, and waits for them at most `limit`.
    func stop(within limit: Duration) async {
        let vacancy = state.withLock { state -> AsyncStream<Void>.Continuation? in
            defer { state.phase = .stopped }
            guard case .running(let vacancy) = state.phase else { return nil }
            return vacancy
        }
        guard let vacancy else { return }
        vacancy.finish()
        _ = await ended.value(within: limit, isCancellable: false)
    }

    /// A request wants to park; if it's replaced, ``replace()`` has to be called.
    func park() -> ServingCount.Parking { state.withLock { $0.count.park() } }

    /// Has another context serve.
    func replace() {
        let vacancy = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard case .running(let vacancy) = state.phase else { return nil }
            return vacancy
        }
        vacancy?.yield()
    }

    /// A parked request goes on.
    func unpark() { state.withLock { $0.count.unpark() } }

    /// A request was answered. Returns whether its context is to wait for another.
    func answered() -> Bool { state.withLock { $0.count.answered() } }

    // Contexts are kept for the next that parks: opening and closing them is where nng 1.5.2 has its races.
    private func takeContext() throws(NNGErrorCode) -> Context {
        if let context = state.withLock({ $0.idle.popLast() }) { return context }
        return try Context(socket)
    }
}
