import MariaDB
import SeededGenerator
import Testing

@testable import Jobs

@Suite struct ShareBookTests {
    private let site = Resource.site("test")

    private func lease(_ number: UInt64) -> Lease {
        Lease(job: JobID(rawValue: number), attempt: 1, id: .random())
    }

    private func allot(
        _ book: inout ShareBook,
        _ lease: Lease,
        inForce: Double? = nil,
        users: Int = 1
    ) -> Double {
        book.allot(lease, of: site, inForce: inForce, limit: 180, users: users)
    }

    @Test func oneAloneHasItAll() {
        var book = ShareBook()
        let first = lease(1)
        book.begin(first, of: site)
        #expect(allot(&book, first) == 180)
    }

    @Test func whereManyWaitEachGetsItsPartAtOnce() {
        var book = ShareBook()
        for number in 1...3 as ClosedRange<UInt64> {
            let lease = lease(number)
            book.begin(lease, of: site)
            #expect(allot(&book, lease, users: 3) == 60)
        }
    }

    @Test func newcomerWaitsUntilTheOtherKeepsToLess() {
        var book = ShareBook()
        let (first, second) = (lease(1), lease(2))
        book.begin(first, of: site)
        #expect(allot(&book, first) == 180)
        book.begin(second, of: site)
        #expect(allot(&book, second) == 0)
        #expect(allot(&book, first, inForce: 180) == 90)
        // The first may not have heard of it.
        #expect(allot(&book, second, inForce: 0) == 0)
        #expect(allot(&book, first, inForce: 90) == 90)
        #expect(allot(&book, second, inForce: 0) == 90)
        book.end(first, of: site)
        #expect(allot(&book, second, inForce: 90) == 180)
    }

    @Test func newCoordinatorLearnsWhatIsInForce() {
        var book = ShareBook()
        let (found, silent, new) = (lease(1), lease(2), lease(3))
        book.adopt(found, of: site, limit: 180)
        book.adopt(silent, of: site, limit: 180)
        book.begin(new, of: site)
        #expect(allot(&book, new, users: 3) == 0)
        // The other one has the rest, for all that is known.
        #expect(allot(&book, found, inForce: 60, users: 3) == 60)
        #expect(allot(&book, new, inForce: 0, users: 3) == 0)
        book.end(silent, of: site)
        #expect(allot(&book, new, inForce: 0, users: 3) == 60)
    }

    /// What workers keep to, told by messages that may be lost, never adds up to more than the limit.
    @Test(arguments: 1...20) func limitIsNeverExceeded(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var book = ShareBook()
        let limit = Double(Int.random(in: 1...1000, using: &generator))
        var inForce: [Lease: Double] = [:]
        var next: UInt64 = 0
        for step in 0..<2000 {
            let users = Int.random(in: 1...4, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0 where inForce.count < 4:
                next += 1
                let lease = lease(next)
                book.begin(lease, of: site)
                inForce[lease] = book.allot(lease, of: site, inForce: nil, limit: limit, users: users)
            case 1:
                guard let lease = inForce.keys.randomElement(using: &generator) else { continue }
                book.end(lease, of: site)
                inForce[lease] = nil
            case 2 where step % 50 == 0:
                // Another coordinator.
                book = ShareBook()
                for lease in inForce.keys { book.adopt(lease, of: site, limit: limit) }
            default:
                guard let lease = inForce.keys.randomElement(using: &generator) else { continue }
                let share = book.allot(lease, of: site, inForce: inForce[lease], limit: limit, users: users)
                if Bool.random(using: &generator) { inForce[lease] = share }
            }
            guard inForce.values.reduce(0, +) <= limit * (1 + 1e-9) else {
                Issue.record("\(inForce.values) of \(limit) at step \(step)")
                return
            }
        }
    }
}
