import Testing

@testable import NNG

@Suite struct ServingCountTests {
    @Test func parkedOneIsReplacedUntilTheMaximum() {
        var count = ServingCount(target: 2, maximum: 4)
        #expect(count.park() == .replaced)
        #expect(count.park() == .replaced)
        #expect(count.serving == 2)
        #expect(count.park() == .refused)
        #expect(count.parked == 2)
        count.unpark()
        #expect(count.serving == 3)
        // One more than needed serves: the first that is done goes.
        let first = count.answered()
        let second = count.answered()
        #expect((first, second) == (false, true))
        #expect(count.serving == 2)
    }

    @Test func surplusParksWithoutBeingReplaced() {
        var count = ServingCount(target: 1, maximum: 2)
        #expect(count.park() == .replaced)
        count.unpark()
        #expect(count.serving == 2)
        #expect(count.park() == .parked)
        #expect(count.serving == 1)
        #expect(count.parked == 1)
    }

    @Test func anyOrderKeepsTheBounds() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let target = Int.random(in: 1...5, using: &generator)
            let maximum = target + Int.random(in: 0...5, using: &generator)
            var count = ServingCount(target: target, maximum: maximum)
            for _ in 0..<200 {
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: _ = count.park()
                case 1: if count.parked > 0 { count.unpark() }
                default: _ = count.answered()
                }
                let isInBounds = count.serving >= target && count.serving + count.parked <= maximum
                if !isInBounds { Issue.record("\(count)") }
            }
        }
    }
}
