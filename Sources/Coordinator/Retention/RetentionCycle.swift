import Catalog
import Concurrency
import Jobs
import MariaDB

/// One pass over all that is kept only for a time. It goes in small transactions, one after the other with pauses between,
/// so that nobody waits long for a lock.
struct RetentionCycle: Sendable {
    typealias Item = RetentionSettings.Item

    let store: JobStore
    let wikis: WikiTable
    let settings: RetentionSettings
    let now: Timestamp
    /// Does something between plans and what operators do with jobs.
    let inTurn: @Sendable (_ body: @escaping @Sendable () async throws -> Void) async throws -> Void

    /// So many rows one transaction changes, or looks at.
    private static let batch = 500
    /// So many pages with their histories.
    private static let pages = 50
    /// The shortest pause between two transactions. Else it's as long as the transaction was.
    private static let pause = Duration.milliseconds(10)

    /// Removes what is too old.
    /// - Returns: how many of each were removed.
    func run() async throws -> [Item: Int] {
        var counts: [Item: Int] = [:]
        for item in Item.allCases {
            guard let limit = settings.limit(of: item, at: now) else { continue }
            let count =
                switch item {
                case .runs: try await removeRuns(endedBefore: limit)
                case .events: try await removeEvents(before: limit)
                case .workers:
                    try await steps {
                        let removed = try await store.removeWorkers(seenBefore: limit, limit: Self.batch)
                        return (removed, removed == Self.batch)
                    }
                case .deletedTexts:
                    try await steps("drop texts of deleted pages") {
                        try await ModuleRetention.dropTexts(ofPagesGoneBefore: limit, limit: Self.pages, in: $0)
                    }
                case .deletedPages:
                    try await steps("remove deleted pages") {
                        try await ModuleRetention.removePages(goneBefore: limit, limit: Self.pages, in: $0)
                    }
                case .history: try await removeRevisions(seenBefore: limit)
                case .sources: try await removeSources(firstSeenBefore: limit)
                }
            if count > 0 { counts[item] = count }
        }
        return counts
    }

    /// How many of each ``run()`` would remove. Sources are counted as they are: more may lose their last reference.
    func count() async throws -> [Item: Int] {
        func limit(_ item: Item) -> Timestamp? { settings.limit(of: item, at: now) }
        let jobs = try await store.countRemovable(
            runsBefore: limit(.runs),
            eventsBefore: limit(.events),
            workersBefore: limit(.workers)
        )
        let modules = try await ModuleRetention.count(
            textsBefore: limit(.deletedTexts),
            pagesBefore: limit(.deletedPages),
            revisionsBefore: limit(.history),
            from: store.pool
        )
        var sources = 0
        if let limit = limit(.sources) { try await forEachUnreferenced(firstSeenBefore: limit) { sources += $0.count } }
        return [
            .runs: jobs.runs, .events: jobs.events, .workers: jobs.workers, .deletedTexts: modules.texts,
            .deletedPages: modules.pages, .history: modules.revisions, .sources: sources,
        ]
    }

    private func removeRuns(endedBefore limit: Timestamp) async throws -> Int {
        var removed = 0
        var last = RunID(rawValue: 0)
        while true {
            let runs = try await store.removableRuns(endedBefore: limit, after: last, limit: Self.batch)
            guard let end = runs.last else { return removed }
            for run in runs {
                _ = try await steps {
                    let part = Lock((count: 0, more: false))
                    // So that nobody retries a job of it at the same time.
                    try await inTurn { [store] in
                        let done = try await store.removePart(of: run, endedBefore: limit)
                        part.withLock { $0 = (done.jobs, done.more) }
                    }
                    return part.withLock { $0 }
                }
                removed += 1
            }
            last = end
        }
    }

    private func removeEvents(before limit: Timestamp) async throws -> Int {
        let last = Lock(UInt64(0))
        return try await steps {
            let (removed, next) = try await store.removeEvents(
                before: limit,
                after: last.withLock { $0 },
                limit: Self.batch
            )
            if let next { last.withLock { $0 = next } }
            return (removed, next != nil)
        }
    }

    private func removeRevisions(seenBefore limit: Timestamp) async throws -> Int {
        var removed = 0
        for wiki in try await wikis.names() {
            removed += try await steps("remove old revisions") {
                try await ModuleRetention.removeRevisions(of: wiki, seenBefore: limit, limit: Self.batch, in: $0)
            }
        }
        return removed
    }

    private func removeSources(firstSeenBefore limit: Timestamp) async throws -> Int {
        var removed = 0
        try await forEachUnreferenced(firstSeenBefore: limit) { hashes in
            removed += try await store.asCoordinator("remove sources") { transaction in
                try await SourceSweep.remove(hashes, in: transaction).removed
            }
        }
        return removed
    }

    private func forEachUnreferenced(
        firstSeenBefore limit: Timestamp,
        _ body: ([[UInt8]]) async throws -> Void
    ) async throws {
        var last: [UInt8]? = []
        while let after = last {
            let part = try await SourceSweep.unreferenced(
                after: after,
                firstSeenBefore: limit,
                limit: Self.batch,
                from: store.pool
            )
            if !part.hashes.isEmpty { try await body(part.hashes) }
            last = part.last
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Runs transactions until there is nothing more to do.
    private func steps(
        _ label: String,
        _ step: @escaping @Sendable (Transaction) async throws -> ModuleRetention.Step
    ) async throws -> Int {
        try await steps {
            let done = try await store.asCoordinator(label, step)
            return (done.rows, done.more)
        }
    }

    private func steps(_ step: () async throws -> (count: Int, more: Bool)) async throws -> Int {
        var count = 0
        while true {
            let begun = ContinuousClock.now
            let done = try await step()
            count += done.count
            guard done.more else { return count }
            try await Task.sleep(for: max(Self.pause, .now - begun))
        }
    }
}
