import Concurrency
import Dispatch

/// A value that somebody waits for, settled once: by the value, by the end of the time, or by cancellation.
final class Pending<Value: Sendable>: Sendable {
    private enum State {
        case initial
        case waiting(CheckedContinuation<Value?, Never>)
        case settled(Value?)
    }

    private let state = Lock(State.initial)

    /// Gives the waiter `value`. Returns whether it was the first to do so; else the value stays with the caller.
    @discardableResult func settle(_ value: Value?) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value?, Never>?) in
            switch state {
            case .settled: return (false, nil)
            case .initial:
                state = .settled(value)
                return (true, nil)
            case .waiting(let continuation):
                state = .settled(value)
                return (true, continuation)
            }
        }
        continuation?.resume(returning: value)
        return isFirst
    }

    /// Waits for the value, at most `limit`; `nil` when the time is over or, if `isCancellable`, the task cancelled.
    /// To be called once.
    func value(within limit: Duration, isCancellable: Bool = true) async -> Value? {
        let timer = Task {
            try await Task.sleep(for: limit)
            settle(nil)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { state -> Value?? in
                    if case .settled(let value) = state { return .some(value) }
                    state = .waiting(continuation)
                    return nil
                }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            if isCancellable { settle(nil) }
        }
    }

    /// Calls `body`, which may block, on the thread of `queue`, by default one of its own, and settles with what it
    /// returns.
    static func on(
        _ queue: DispatchQueue = DispatchQueue(label: "nng.blocking"),
        _ body: @escaping @Sendable () -> Value
    ) -> Pending {
        let pending = Pending()
        queue.async { pending.settle(body()) }
        return pending
    }
}
