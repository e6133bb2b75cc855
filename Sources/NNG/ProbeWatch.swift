/// Probes every so often, until so many probes in a row have failed that the process is better started anew.
package struct ProbeWatch: Sendable {
    /// The time between two probes.
    package var interval: Duration
    /// How long one probe may take: seconds, so that a busy machine isn't taken for a stuck one.
    package var limit: Duration = .seconds(10)
    /// How many have to fail one after the other.
    package var failures = 3

    /// Probes every `interval`.
    package init(every interval: Duration) { self.interval = interval }

    /// Probes until ``failures`` in a row have failed, and returns the last error.
    /// - Parameters:
    ///   - onFailure: told each error, and which of how many in a row it is, from 1.
    ///   - probe: given ``limit``.
    /// - Throws: `CancellationError` when the task is cancelled, and nothing else.
    package func run(
        onFailure: (any Error, Int) -> Void = { _, _ in },
        _ probe: (Duration) async throws -> Void
    ) async throws -> any Error {
        var failed = 0
        while true {
            try await Task.sleep(for: interval)
            do {
                try await probe(limit)
                failed = 0
            } catch {
                try Task.checkCancellation()
                failed += 1
                onFailure(error, failed)
                if failed >= failures { return error }
            }
        }
    }
}
