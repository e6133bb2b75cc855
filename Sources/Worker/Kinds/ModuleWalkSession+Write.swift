import Catalog
import Concurrency
import MariaDB
import MediaWiki

/// What an answer of the wiki says of one page of the namespace.
enum PageFinding {
    /// It is there, like this.
    case seen(ModuleRow)
    /// It is there, as the table has it.
    case unchanged(UInt64)
    /// The list has it and it wasn't there when it was asked for: a replica lags, or it went away meanwhile.
    case doubtful(ModuleRow)
    /// It is gone: the list doesn't have it, and it isn't there when it is asked for.
    case gone(UInt64)
}

extension ModuleWalkSession {
    /// So many bytes of sources are written in one transaction.
    private static let bytesPerTransaction = 4 << 20

    /// Writes findings in transactions of bounded size, and how far the walk has got with the last of them.
    /// - Parameters:
    ///   - observedAt: when the wiki gave the answer.
    ///   - advance: moves the walk on behind all that is written.
    func write(
        _ findings: [PageFinding],
        observedAt: Timestamp,
        _ walk: inout ModuleWalk,
        advance: (inout ModuleWalk) -> Void
    ) async throws {
        let wiki = context.wiki
        let id = walkID
        try await writeInPieces(findings, byteLimit: Self.bytesPerTransaction, bytes: \.sourceBytes) { piece, isLast in
            let gone = piece.compactMap(\.gone)
            var moved = walk
            moved.counts.deleted += UInt64(gone.count)
            if isLast { advance(&moved) }
            var written = ModuleWriteCounts()
            try await commit(&moved) { transaction in
                written = try await ModuleTable.write(piece.compactMap(\.seen), in: transaction)
                written += try await ModuleTable.writeDoubtful(piece.compactMap(\.doubtful), in: transaction)
                try await ModuleTable.touch(
                    wiki,
                    piece.compactMap(\.unchanged),
                    walk: id,
                    observedAt: observedAt,
                    in: transaction
                )
                try await ModuleTable.markDeleted(wiki, gone, at: observedAt, walk: id, in: transaction)
            }
            // They are in the next checkpoint: counts are for people, and rows must not be written twice for them.
            moved.counts.new += UInt64(written.new)
            moved.counts.changed += UInt64(written.changed)
            moved.counts.sources += UInt64(written.newSources)
            walk = moved
        }
    }

    /// Counts go on from those of earlier workers.
    func carry(_ counts: ModuleWalk.Counts) { carried.withLock { $0 = counts } }

    /// Writes the checkpoint, with rows if there are any.
    func commit(
        _ walk: inout ModuleWalk,
        _ rows: (Transaction) async throws -> Void = { _ in }
    ) async throws {
        let before = carried.withLock { $0 }
        walk.counts.requests = before.requests + UInt64(api.usage.requests)
        walk.counts.bytes = before.bytes + UInt64(api.usage.wireBytes)
        try await context.commit(walk, itemsDone: walk.counts.listed, rows)
    }
}

extension PageFinding {
    fileprivate var seen: ModuleRow? { if case .seen(let row) = self { row } else { nil } }
    fileprivate var unchanged: UInt64? { if case .unchanged(let pageID) = self { pageID } else { nil } }
    fileprivate var doubtful: ModuleRow? { if case .doubtful(let row) = self { row } else { nil } }
    fileprivate var gone: UInt64? { if case .gone(let pageID) = self { pageID } else { nil } }

    /// The bytes of the source that is written; 0 without one.
    fileprivate var sourceBytes: Int {
        if case .source(let bytes) = seen?.content { bytes.count } else { 0 }
    }
}
