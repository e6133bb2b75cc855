import Catalog
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(3))) struct ConcurrentWriteTests {
    /// Two wikis with the same sources, written by two workers at the same time, in batches that overlap.
    @Test func writersOfTheSameSourcesDontFail() async throws {
        let catalog = try await TestCatalog.make(connections: 2)
        let rounds = 40
        try await withThrowingTaskGroup(of: Void.self) { group in
            for wiki in ["aawiki", "bbwiki"] {
                group.addTask {
                    for round in 0..<rounds {
                        let rows = (0..<50).shuffled().map { index in
                            module(
                                UInt64(round * 50 + index),
                                title: "T\(index)",
                                source: "return \(round * 25 + index)",
                                at: Int64(round),
                                wiki: wiki
                            )
                        }
                        try await catalog.store(rows)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await catalog.number("SELECT COUNT(*) FROM modules") == 2 * rounds * 50)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == (rounds - 1) * 25 + 50)
        #expect(
            try await catalog.number("SELECT COUNT(*) FROM modules AS m JOIN module_sources USING (sha256)")
                == 2 * rounds * 50
        )
    }

    /// A writer that holds what another one needs is waited for; when they need each other's, one of them tries again.
    @Test func aDeadlockIsTriedAgain() async throws {
        let catalog = try await TestCatalog.make(connections: 3)
        let first = module(1, source: "one")
        let second = module(1, source: "two", wiki: "bbwiki")
        // Each writes one source and then, when both have done so, the other's: against the order that a write keeps.
        let gate = Gate(parties: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (mine, other) in [(first, second), (second, first)] {
                group.addTask {
                    try await catalog.write { transaction in
                        _ = try await ModuleTable.write([mine], in: transaction)
                        await gate.arrive()
                        _ = try await ModuleTable.write([other], in: transaction)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(catalog.pool.retryCounts.byCode.keys.allSatisfy { $0 == 1213 || $0 == 1205 })
        #expect(catalog.pool.retryCounts.total >= 1)
        #expect(try await catalog.number("SELECT COUNT(*) FROM modules") == 2)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == 2)
    }
}

/// Lets nobody through until so many have come; then everybody.
private actor Gate {
    private var missing: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(parties: Int) { missing = parties }

    func arrive() async {
        missing -= 1
        if missing > 0 {
            await withCheckedContinuation { waiters.append($0) }
        } else {
            for waiter in waiters { waiter.resume() }
            waiters = []
        }
    }
}
