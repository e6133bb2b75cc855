import Catalog
import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

/// Texts that aren't to be kept at all.
extension Coordinator {
    private static let hashLength = 32
    private static let hashesPerRequest = 1000
    /// So long one request goes on with the rows; the rest is done without anybody waiting.
    private static let purgeTime = Duration.seconds(20)

    /// Removes texts from all rows, and keeps them from coming back; or forgets that; or says what it would do.
    func purgeSources(_ request: WirePurgeSources) async throws -> WireResponse.OneOf_Body {
        let hashes = request.sha256.map { Array($0) }
        guard (1...Self.hashesPerRequest).contains(hashes.count), hashes.allSatisfy({ $0.count == Self.hashLength }),
            Set(hashes).count == hashes.count
        else {
            throw RefusalError(.malformed, "1 to \(Self.hashesPerRequest) SHA-256 hashes are wanted, each once")
        }
        guard journal.isHealthy else { throw RefusalError.unavailable }
        let note = OperatorNote(by: request.requestedBy, request.reason)
        guard !note.why.isEmpty || request.undo || request.dryRun else {
            throw RefusalError(.malformed, "say why: a purge is remembered with its reason")
        }
        var answer = WireSourcesPurged()
        for hash in hashes {
            answer.sources.append(WirePurgedSource(hash, try await PurgedSource.spread(of: hash, from: store.pool)))
        }
        if request.dryRun { return .sourcesPurged(answer) }
        if request.undo {
            _ = try await store.asCoordinator("undo a purge") { transaction in
                try await PurgedSource.forget(hashes, in: transaction)
            }
            answer.finished = true
        } else {
            try await store.asCoordinator("purge sources") { transaction in
                try await PurgedSource.remember(hashes, by: note.who, reason: note.why, in: transaction)
            }
            let end = ContinuousClock.now + Self.purgeTime
            var left = hashes[...]
            while let hash = left.first, ContinuousClock.now < end {
                try await finishPurge(of: hash)
                left = left.dropFirst()
            }
            answer.finished = left.isEmpty
        }
        logger.notice(
            request.undo ? "a purge is undone" : "sources purged",
            metadata: [
                "perigee.sources": "\(hashes.count)", "perigee.requested_by": "\(note.who)",
                "perigee.reason": "\(note.why)",
            ]
        )
        return .sourcesPurged(answer)
    }
}

extension WirePurgedSource {
    fileprivate init(_ hash: [UInt8], _ spread: PurgedSource.Spread) {
        self.init()
        sha256 = Data(hash)
        modules = UInt64(spread.modules)
        wikis = UInt64(spread.wikis)
        revisions = UInt64(spread.revisions)
        wasStored = spread.isStored
        wasPurged = spread.isPurged
    }
}
