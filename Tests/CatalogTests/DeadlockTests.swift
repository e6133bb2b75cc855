import Catalog
import Concurrency
import MariaDB
import Testing

/// Sixteen writers of the same sources for different wikis, and somebody outside who locks their rows in the opposite order
/// and holds them for too long.
@Suite(.timeLimit(.minutes(3))) struct DeadlockTests {
    private static let writers = 16
    private static let pages = 30
    /// Each writer writes so often at least, and goes on while the stranger has work to do.
    private static let rounds = 6

    @Test func victimsTryAgainAndNobodyHearsOfIt() async throws {
        let catalog = try await TestCatalog.make(connections: Self.writers, lockWait: .seconds(1))
        for writer in 0..<Self.writers { try await catalog.store(rows(writer, round: 0)) }
        let isOver = Lock(false)
        let ended = try await withThrowingTaskGroup(of: (writer: Int, rounds: Int).self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    var round = 1
                    // An error that reached a caller would end the test.
                    while round <= Self.rounds || !isOver.withLock({ $0 }) {
                        try await catalog.store(rows(writer, round: round).shuffled())
                        round += 1
                        // A machine that is fast has as much to compare in the end as one that is slow.
                        if round > Self.rounds { try await Task.sleep(for: .milliseconds(200)) }
                    }
                    return (writer, round)
                }
            }
            let stranger = await Result { try await disturb(catalog) }
            isOver.withLock { $0 = true }
            try stranger.get()
            return try await group.reduce(into: [:]) { $0[$1.writer] = $1.rounds }
        }
        let retries = catalog.pool.retryCounts.byCode
        #expect(Set(retries.keys) == [1205, 1213], "\(retries)")

        let undisturbed = try await TestCatalog.make(connections: 1)
        for (writer, rounds) in ended.sorted(by: { $0.key < $1.key }) {
            for round in 0..<rounds { try await undisturbed.store(rows(writer, round: round)) }
        }
        let (mine, theirs) = (try await catalog.dump(), try await undisturbed.dump())
        for (table, other) in zip(mine, theirs) { #expect(table.count == other.count && table == other) }
    }

    /// What a wiki shows in a round: its own pages, with sources that all wikis have.
    private func rows(_ writer: Int, round: Int) -> [ModuleRow] {
        (0..<Self.pages).map { page in
            module(
                UInt64(page + 1),
                title: "T\(page)",
                source: "return \(round * Self.pages + page)",
                revision: UInt64(round),
                at: Int64(round),
                wiki: wiki(writer)
            )
        }
    }

    private func wiki(_ writer: Int) -> String { "w\(writer + 10)wiki" }

    /// Goes on until writers have lost deadlocks and have waited too long.
    private func disturb(_ catalog: TestCatalog) async throws {
        let connection = try await Connection.open(catalog.settings)
        try await connection.execute("CREATE TABLE burden (n INT PRIMARY KEY)")
        var turn = 0
        while catalog.pool.retryCounts.byCode[1213] == nil {
            turn += 1
            do {
                try await lock(wiki(turn % Self.writers), by: connection)
            } catch let error as MariaDBError where error.class == .again {
                // The stranger is the victim now and then.
            }
            try await connection.execute("ROLLBACK")
        }
        while catalog.pool.retryCounts.byCode[1205] == nil {
            do {
                try await lock(wiki(0), by: connection)
                let end = ContinuousClock.now + .seconds(3)
                while catalog.pool.retryCounts.byCode[1205] == nil, ContinuousClock.now < end {
                    try await Task.sleep(for: .milliseconds(20))
                }
            } catch let error as MariaDBError where error.class == .again {
                // As above.
            }
            try await connection.execute("ROLLBACK")
        }
        await connection.close()
    }

    /// Locks a wiki's rows from the last to the first, in a transaction that has written so much that the server picks
    /// another one for a victim.
    private func lock(_ wiki: String, by connection: Connection) async throws {
        try await connection.execute("START TRANSACTION")
        try await connection.execute("INSERT INTO burden SELECT seq FROM seq_1_to_5000")
        for page in (1...Self.pages).reversed() {
            try await connection.execute(
                "UPDATE modules SET is_redirect = NOT is_redirect WHERE dbname = ? AND page_id = ?",
                [.string(wiki), .uint(UInt64(page))]
            )
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
