import Catalog
import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

extension Coordinator {
    /// So long one request waits for what it began; the client asks again.
    private static let patience = Duration.seconds(20)
    private static let look = Duration.milliseconds(50)

    /// Removes what is kept only for a time, and says so in the log.
    func keepRetention() async throws {
        guard journal.isHealthy else { return }
        _ = try await retentionCycle().value
    }

    /// Does the same because an operator wants it, or says what there is to do.
    func keepRetention(_ request: WireKeepRetention) async throws -> WireResponse.OneOf_Body {
        guard journal.isHealthy else { throw RefusalError.unavailable }
        if request.dryRun { return .retentionKept(kept(try await newCycle().count())) }
        let note = OperatorNote(by: request.requestedBy, "")
        logger.notice("retention asked for", metadata: ["perigee.requested_by": "\(note.who)"])
        let cycle = retentionCycle()
        let end = ContinuousClock.now + Self.patience
        while retention == cycle {
            guard ContinuousClock.now < end else {
                var answer = WireRetentionKept()
                answer.more = true
                return .retentionKept(answer)
            }
            try await Task.sleep(for: Self.look)
        }
        return .retentionKept(kept(try await cycle.value))
    }

    /// Ends a pass that is under way.
    func endRetention() { retention?.cancel() }

    /// The pass that is under way, or a new one.
    private func retentionCycle() -> Task<[RetentionSettings.Item: Int], any Error> {
        if let retention { return retention }
        let cycle = newCycle()
        let task = Task {
            defer { retention = nil }
            let counts = try await cycle.run()
            if !counts.isEmpty {
                let text = counts.map { "\($0.key.rawValue)=\($0.value)" }.sorted().joined(separator: " ")
                logger.notice("what was kept long enough is removed", metadata: ["perigee.removed": "\(text)"])
            }
            return counts
        }
        retention = task
        return task
    }

    private func newCycle() -> RetentionCycle {
        RetentionCycle(
            store: store,
            wikis: wikis,
            settings: settings.retention,
            now: clock.now,
            inTurn: { body in try await self.inTurn { _ in try await body() } }
        )
    }

    private func kept(_ counts: [RetentionSettings.Item: Int]) -> WireRetentionKept {
        var answer = WireRetentionKept()
        answer.counts = RetentionSettings.Item.allCases.map { item in
            var count = WireRetentionCount()
            count.name = item.rawValue
            count.count = UInt64(counts[item] ?? 0)
            count.days = UInt32(clamping: settings.retention[item])
            return count
        }
        return answer
    }

    // MARK: Sources

    /// So many sources are looked at in one transaction.
    private static let sourcesPerTransaction = 200

    /// Removes sources that have lost their last reference, and goes on with purges that aren't finished.
    func tidySources() async throws {
        guard journal.isHealthy else { return }
        for hash in try await PurgedSource.unfinished(limit: Self.sourcesPerTransaction, from: store.pool) {
            try await finishPurge(of: hash)
        }
        var removed = 0
        while true {
            let step = try await store.asCoordinator("remove sources") { transaction in
                try await SourceSweep.removeUnlinked(limit: Self.sourcesPerTransaction, in: transaction)
            }
            removed += step.removed
            if step.looked < Self.sourcesPerTransaction { break }
        }
        if removed > 0 {
            logger.info("sources that nothing refers to are removed", metadata: ["perigee.sources": "\(removed)"])
        }
    }

    /// Takes a purged text from all rows that have it.
    func finishPurge(of hash: [UInt8]) async throws {
        let limit = Self.sourcesPerTransaction
        while try await !store.asCoordinator(
            "purge a source",
            { transaction in
                try await PurgedSource.take(hash, limit: limit, in: transaction)
            }
        ) {}
    }
}
