import Concurrency
import Testing

@Suite struct DeadlineTests {
    @Test func resultInTime() async throws {
        #expect(try await withDeadline(.seconds(60)) { 7 } == 7)
    }

    @Test func operationIsCancelledWhenTimeIsOut() async {
        await #expect(throws: DeadlineExceeded(limit: .milliseconds(1))) {
            try await withDeadline(.milliseconds(1)) {
                // Ends only by cancellation.
                try? await Task.sleep(for: .seconds(3600))
                try Task.checkCancellation()
            }
        }
    }

    @Test func errorOfTheOperationComesThrough() async {
        struct Failure: Error, Equatable {}
        await #expect(throws: Failure()) {
            try await withDeadline(.seconds(60)) { throw Failure() }
        }
    }
}
