import NNG
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProbeWatchTests {
    private struct Failure: Error, Equatable { let number: Int }

    /// Runs a watch over probes that fail or not, as listed, and after that fail.
    private func run(_ fails: [Bool]) async throws -> (probes: Int, told: [Int], last: Failure?) {
        var probes = 0
        var told: [Int] = []
        let error = try await ProbeWatch(every: .milliseconds(1)).run { _, count in
            told.append(count)
        } _: { _ in
            probes += 1
            if probes > fails.count || fails[probes - 1] { throw Failure(number: probes) }
        }
        return (probes, told, error as? Failure)
    }

    @Test func endsWithTheThirdFailureInARow() async throws {
        let outcome = try await run([true, true, false, true, false])
        #expect(outcome.probes == 8)
        #expect(outcome.told == [1, 2, 1, 1, 2, 3])
        #expect(outcome.last == Failure(number: 8))
    }

    @Test func cancellationIsNoFailure() async throws {
        let watch = Task {
            try await ProbeWatch(every: .zero).run(onFailure: { _, _ in }) { _ in
                try await Task.sleep(for: .seconds(3600))
            }
        }
        watch.cancel()
        await #expect(throws: CancellationError.self) { try await watch.value }
    }
}
