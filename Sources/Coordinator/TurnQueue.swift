/// Things that are done one after the other, in the order in which they were asked for.
struct TurnQueue {
    private var last: Task<Void, Never>?

    /// Has `body` done when all before it is.
    mutating func add<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) -> Task<Result, any Error> {
        let previous = last
        let task = Task {
            await previous?.value
            return try await body()
        }
        last = Task { _ = await task.result }
        return task
    }
}
