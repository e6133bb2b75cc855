import Concurrency

/// Whether one request is parked.
final class RequestParking: Sendable {
    private struct State {
        var depth = 0
        var isAnswered = false
    }

    private let state = Lock(State())
    private let serving: Serving

    init(_ serving: Serving) { self.serving = serving }

    /// Parks the request. Returns `false` when it has to be answered now.
    func enter() -> Bool {
        let parking = state.withLock { state -> ServingCount.Parking in
            guard !state.isAnswered else { return .refused }
            let parking = state.depth > 0 ? .parked : serving.park()
            if parking != .refused { state.depth += 1 }
            return parking
        }
        if parking == .replaced { serving.replace() }
        return parking != .refused
    }

    /// Undoes ``enter()``.
    func leave() {
        state.withLock { state in
            state.depth -= 1
            if state.depth == 0 { serving.unpark() }
        }
    }

    /// The handler has returned; it can't park any more.
    func end() { state.withLock { $0.isAnswered = true } }
}
