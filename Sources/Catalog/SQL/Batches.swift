/// Rows in batches, each fetched by a short query of its own where the one before has ended.
///
/// Between two batches nothing is held open, so the reader may take its time: no connection waits for it and no server
/// ends its stream.
struct Batches<State: Sendable, Item: Sendable>: AsyncSequence, Sendable {
    typealias Element = [Item]
    typealias Failure = any Error

    /// Where the first batch begins.
    let start: State
    /// Fetches the next batch, which may be empty, and notes where it ended; `nil` after the last.
    let step: @Sendable (inout State) async throws -> [Item]?

    func makeAsyncIterator() -> Iterator { Iterator(state: start, step: step) }

    /// Fetches the batches, of at least one item each.
    struct Iterator: AsyncIteratorProtocol {
        private var state: State
        private let step: @Sendable (inout State) async throws -> [Item]?

        init(state: State, step: @escaping @Sendable (inout State) async throws -> [Item]?) {
            self.state = state
            self.step = step
        }

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> [Item]? {
            while let batch = try await step(&state) {
                try Task.checkCancellation()
                if !batch.isEmpty { return batch }
            }
            return nil
        }
    }
}
