import Concurrency
import Glibc
import MariaDB
import Testing

@testable import Catalog

/// So many transactions in each way; `nil` for none.
private let givenTransactions = getenv("DEADLOCK_TRANSACTIONS").flatMap { Int(String(cString: $0)) }

/// How many deadlocks writers of the same sources inflict on each other, by the order in which they write them and by
/// isolation level. `ops/bench/deadlocks` runs it.
@Suite(.enabled(if: givenTransactions != nil, "a bench: ops/bench/deadlocks"), .timeLimit(.minutes(60)))
struct DeadlockBench {
    private static let writers = 16
    private static let rows = 50
    /// So many of a transaction's sources are new to the table, unless another writer has just stored them.
    private static let newSources = 25

    private struct Figures {
        var deadlocks = 0
        var timeouts = 0
    }

    @Test func deadlocksPerTenThousandTransactions() async throws {
        let transactions = try #require(givenTransactions)
        print("order of sources  isolation         deadlocks  lock wait timeouts  transactions/s   (per 10,000)")
        for isOrdered in [true, false] {
            for isolation in ["READ COMMITTED", "REPEATABLE READ"] {
                let began = ContinuousClock.now
                let figures = try await measure(transactions, isOrdered: isOrdered, isolation: isolation)
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                func perTenThousand(_ count: Int) -> String {
                    "\((Double(count) * 100_000 / Double(transactions)).rounded() / 10)"
                }
                print(
                    isOrdered ? "by key          " : "by chance       ",
                    isolation.padded(16),
                    perTenThousand(figures.deadlocks).padded(9),
                    perTenThousand(figures.timeouts).padded(18),
                    Int(Double(transactions) / seconds),
                    separator: "  "
                )
            }
        }
    }

    private func measure(_ transactions: Int, isOrdered: Bool, isolation: String) async throws -> Figures {
        let catalog = try await TestCatalog.make(connections: 1)
        let figures = Lock(Figures())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    let connection = try await Connection.open(catalog.settings)
                    try await connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL \(isolation)")
                    for number in 0..<transactions / Self.writers {
                        try await write(number, of: writer, isOrdered: isOrdered, on: connection, figures)
                    }
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        return figures.withLock { $0 }
    }

    /// One transaction, as often as it takes.
    private func write(
        _ number: Int,
        of writer: Int,
        isOrdered: Bool,
        on connection: Connection,
        _ figures: Lock<Figures>
    ) async throws {
        let rows = (0..<Self.rows).map { row in
            module(
                UInt64(number * Self.rows + row + 1),
                source: "return \(number * Self.newSources + row)",
                wiki: "w\(writer + 10)wiki"
            )
        }
        while true {
            do {
                return try await connection.transaction("bench") { transaction in
                    if !isOrdered { try await storeSources(of: rows.shuffled(), in: transaction) }
                    _ = try await ModuleTable.write(rows, in: transaction)
                }
            } catch let error as MariaDBError where error.class == .again {
                figures.withLock { figures in
                    if error.code == 1213 { figures.deadlocks += 1 } else { figures.timeouts += 1 }
                }
            }
        }
    }

    /// What `ModuleTable.write` does with sources, in the order of the rows.
    private func storeSources(of rows: [ModuleRow], in transaction: Transaction) async throws {
        let sources = rows.compactMap { row -> ModuleSource? in
            guard case .source(let text) = row.content else { return nil }
            return ModuleSource(text, seenAt: row.observedAt)
        }
        let stored = try await ModuleSource.stored(sources.map(\.sha256), in: transaction)
        try await ModuleSource.insert(sources.filter { !stored.contains($0.sha256) }, in: transaction)
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
