import Catalog
import Concurrency
import Crypto
import MariaDB
import SeededGenerator
import Testing

/// Writers that are about to refer to sources, and those who remove them at the same time.
@Suite(.timeLimit(.minutes(3))) struct SweepRaceTests {
    private static let dangling = """
        SELECT (SELECT COUNT(*) FROM modules AS m WHERE m.sha256 IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM module_sources AS s WHERE s.sha256 = m.sha256))
            + (SELECT COUNT(*) FROM module_history AS h WHERE h.sha256 IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM module_sources AS s WHERE s.sha256 = h.sha256)) AS rows_without_source
        """

    private func hash(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// A catalogue with one source that nothing refers to.
    private func catalogWithLooseSource(_ text: String) async throws -> TestCatalog {
        let catalog = try await TestCatalog.make()
        try await catalog.store([module(1, source: text, at: 10)])
        for table in ["modules", "module_history"] {
            try await catalog.write { _ = try await $0.execute("DELETE FROM \(table)") }
        }
        return catalog
    }

    /// Several sources at once, as they nearly always come: the server reads them in other ways than a single one.
    @Test(arguments: [["x"], ["x", "y", "z"]])
    func aSourceThatIsAboutToBeReferredToIsPassedOver(_ others: [String]) async throws {
        let catalog = try await catalogWithLooseSource("x")
        let rows = others.enumerated().map { module(UInt64($0.offset) + 2, source: $0.element, at: 20) }
        let hashes = others.map(hash).sorted { $0.lexicographicallyPrecedes($1) }
        try await catalog.write { writer in
            // It found the source there, and isn't committed yet.
            _ = try await ModuleTable.write(rows, in: writer)
            let swept = try await catalog.write { try await SourceSweep.remove(hashes, in: $0) }
            #expect(swept.removed == 0)
            #expect(swept.passedOver.contains(hash("x")))
        }
        let swept = try await catalog.write { try await SourceSweep.remove([hash("x")], in: $0) }
        #expect(swept.removed == 0)
        #expect(swept.passedOver.isEmpty)
        #expect(try await catalog.number(Self.dangling) == 0)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == others.count)
    }

    @Test func aWriterThatComesLateStoresTheSourceAgain() async throws {
        let catalog = try await catalogWithLooseSource("x")
        let isRemoved = Lock(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await catalog.write { sweeper in
                let swept = try await SourceSweep.remove([hash("x")], in: sweeper)
                #expect(swept.removed == 1)
                group.addTask {
                    // It waits for the lock, finds the source gone, and stores it.
                    let counts = try await catalog.store([module(2, source: "x", at: 20)])
                    #expect(counts.newSources == 1)
                    #expect(isRemoved.withLock { $0 })
                }
                while try await catalog.number(Self.waiting) == 0 { try await Task.sleep(for: .milliseconds(10)) }
                isRemoved.withLock { $0 = true }
            }
            try await group.waitForAll()
        }
        #expect(try await catalog.number(Self.dangling) == 0)
    }

    /// Statements of others that take longer than any does that needn't wait for a lock.
    private static let waiting = """
        SELECT COUNT(*) FROM information_schema.PROCESSLIST
        WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND COMMAND <> 'Sleep' AND TIME_MS > 500
        """

    @Test func aPurgeWaitsForTheWriterThatHadNotHeardOfIt() async throws {
        let catalog = try await catalogWithLooseSource("x")
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await catalog.write { writer in
                _ = try await ModuleTable.write([module(2, source: "x", at: 20)], in: writer)
                group.addTask {
                    try await catalog.write {
                        try await PurgedSource.remember([hash("x")], by: "me", reason: "test", in: $0)
                    }
                    while try await !catalog.write({ try await PurgedSource.take(hash("x"), limit: 10, in: $0) }) {}
                }
                while try await catalog.number(Self.waiting) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            }
            try await group.waitForAll()
        }
        #expect(try await catalog.stored(2)?.reason == .purged)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources") == 0)
    }

    /// Texts come and go on four wikis, while two sweep and one purges: no row is ever left without its source, and no purged
    /// text is left.
    @Test func nothingIsEverReferredToThatIsGone() async throws {
        let catalog = try await TestCatalog.make(connections: 8)
        let texts = (0..<6).map { "return \($0)" }
        let rounds = 60
        let isOver = Lock(false)
        let removed = Lock(0)
        let purged = hash("secret 1")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(writer + 1))
                    for round in 0..<rounds {
                        let rows = (1...5).map { (page: UInt64) in
                            let isSecret = Int.random(in: 0..<8, using: &random) == 0
                            let text = isSecret ? "secret 1" : texts.randomElement(using: &random) ?? ""
                            // The same revision each time, so that hiding it takes away the last reference.
                            var row = module(page, source: text, at: Int64(round), wiki: "w\(writer)wiki")
                            if Int.random(in: 0..<3, using: &random) > 0 { row.content = .none(.hidden) }
                            return row
                        }
                        try await catalog.store(rows)
                        #expect(try await catalog.number(Self.dangling) == 0, "round \(round)")
                    }
                    return true
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    while !isOver.withLock({ $0 }) {
                        let step = try await catalog.write { try await SourceSweep.removeUnlinked(limit: 3, in: $0) }
                        removed.withLock { $0 += step.removed }
                        if step.looked == 0 { try await Task.sleep(for: .milliseconds(1)) }
                    }
                    return false
                }
            }
            group.addTask {
                try await catalog.write {
                    try await PurgedSource.remember([purged], by: "me", reason: "test", in: $0)
                }
                while try await !catalog.write({ try await PurgedSource.take(purged, limit: 2, in: $0) }) {}
                return false
            }
            var writers = 0
            for try await isWriter in group where isWriter {
                writers += 1
                if writers == 4 { isOver.withLock { $0 = true } }
            }
        }
        // Else it was no race.
        #expect(removed.withLock { $0 } > 10)
        #expect(try await catalog.number(Self.dangling) == 0)
        #expect(try await catalog.number("SELECT COUNT(*) FROM module_sources WHERE source = 'secret 1'") == 0)
    }
}
