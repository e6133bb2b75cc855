import MariaDB
import Testing

@testable import Jobs

@Suite struct ConnectionBookTests {
    private let now = Timestamp(microseconds: 0)
    private let workers = (0..<3).map { _ in RandomID.random() }

    private func hasRoom(_ book: inout ConnectionBook, _ worker: RandomID, at now: Timestamp) -> Bool {
        book.hasRoom(for: worker, at: now)
    }

    @Test func workersWithLeasesCount() {
        var book = ConnectionBook(limit: 3)
        book.note(workers[0], connections: 2)
        book.note(workers[1], connections: 2)
        book.leaseBegins(workers[0])
        #expect(book.inUse == 2)
        // One that has its connections may have more leases.
        #expect(hasRoom(&book, workers[0], at: now))
        #expect(!hasRoom(&book, workers[1], at: now))
        #expect(hasRoom(&book, workers[2], at: now))
        book.leaseBegins(workers[0])
        book.leaseBegins(workers[2])
        #expect(book.inUse == 3)
    }

    @Test func connectionsStayOpenForATime() {
        var book = ConnectionBook(limit: 1)
        book.leaseBegins(workers[0])
        book.leaseEnds(workers[0], at: now)
        #expect(!hasRoom(&book, workers[1], at: now.advanced(by: .seconds(60))))
        #expect(hasRoom(&book, workers[0], at: now.advanced(by: .seconds(60))))
        #expect(hasRoom(&book, workers[1], at: now.advanced(by: .seconds(80))))
        #expect(book.inUse == 0)
    }

    @Test func leaseThatBeginsMeanwhileKeepsThemOpen() {
        var book = ConnectionBook(limit: 1)
        book.leaseBegins(workers[0])
        book.leaseEnds(workers[0], at: now)
        book.leaseBegins(workers[0])
        #expect(book.inUse == 1)
        #expect(!hasRoom(&book, workers[1], at: now.advanced(by: .seconds(3600))))
        book.leaseEnds(workers[0], at: now.advanced(by: .seconds(3600)))
        book.forget(workers[0])
        #expect(hasRoom(&book, workers[1], at: now.advanced(by: .seconds(3700))))
        #expect(book.inUse == 0)
    }

    /// Nobody would ever do anything.
    @Test func quotaThatIsTooSmallLetsOneWork() {
        var book = ConnectionBook(limit: 1)
        book.note(workers[0], connections: 4)
        #expect(hasRoom(&book, workers[0], at: now))
        book.leaseBegins(workers[0])
        #expect(!hasRoom(&book, workers[1], at: now))
    }
}
