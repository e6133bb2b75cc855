import Concurrency
import Testing

@Suite struct RetryPolicyTests {
    let policy = RetryPolicy(initialDelay: .milliseconds(10), maximumDelay: .seconds(1), maximumAttempts: 20)

    @Test func ceilingDoublesUntilTheMaximum() {
        #expect(policy.ceiling(afterFailedAttempts: 1) == .milliseconds(10))
        #expect(policy.ceiling(afterFailedAttempts: 2) == .milliseconds(20))
        #expect(policy.ceiling(afterFailedAttempts: 7) == .milliseconds(640))
        #expect(policy.ceiling(afterFailedAttempts: 8) == .seconds(1))
        #expect(policy.ceiling(afterFailedAttempts: .max) == .seconds(1))
    }

    @Test func delayIsWithinTheCeiling() throws {
        for attempt in 1..<20 {
            let delay = try #require(policy.delay(afterFailedAttempts: attempt))
            #expect(delay >= .zero)
            #expect(delay <= policy.ceiling(afterFailedAttempts: attempt))
        }
    }

    @Test func noDelayAfterTheLastAttempt() {
        #expect(policy.delay(afterFailedAttempts: 20) == nil)
        #expect(policy.delay(afterFailedAttempts: 21) == nil)
    }
}
