import Catalog
import Concurrency
import Jobs
import Logging
import MariaDB
import MediaWiki

/// The steps of one walk, in one process.
struct ModuleWalkSession {
    private let context: WorkContext
    private let api: ActionAPI
    private let modules: ModuleTable
    /// What workers before this one have counted.
    private let carried = Lock(ModuleWalk.Counts())

    /// So many pages' texts come in one request. Source: API:Revisions, limit for clients without `apihighlimits`.
    private static let pagesPerRequest = 50
    /// So many bytes of sources are written in one transaction.
    private static let bytesPerTransaction = 4 << 20
    /// A list whose continuation is refused is begun anew so often.
    private static let maximumRestarts = 3

    init(context: WorkContext, api: ActionAPI) {
        self.context = context
        self.api = api
        modules = ModuleTable(context.pool)
    }

    // MARK: The list

    /// Goes through the list of the namespace.
    func list(_ walk: inout ModuleWalk) async throws {
        while walk.phase == .listing {
            let part: ModuleList
            do {
                let from = walk.continueFrom
                part = try await context.request { try await api.moduleList(from: from) }
            } catch let error as APIError where error.kind == .badContinue && walk.restarts < Self.maximumRestarts {
                walk.restarts += 1
                walk.continueFrom = nil
                try await commit(&walk)
                continue
            }
            try await take(part, &walk)
        }
    }

    /// Writes what a part of the list says, and moves on behind it.
    private func take(_ part: ModuleList, _ walk: inout ModuleWalk) async throws {
        let walkID = context.lease.job.rawValue
        let observedAt = Timestamp(part.observedAt)
        let stored = try await modules.stored(context.wiki, part.pages.map { UInt64(clamping: $0.pageID) })
        var unchanged: [UInt64] = []
        var rows: [ModuleRow] = []
        var toFetch: [PageInfo] = []
        for page in part.pages {
            let known = stored[UInt64(clamping: page.pageID)]
            if let known, known.isUpToDate(with: page) {
                unchanged.append(UInt64(clamping: page.pageID))
            } else if page.contentModel == ModuleRow.scribunto || page.isRedirect {
                toFetch.append(page)
            } else {
                rows.append(
                    ModuleRow(page, revision: nil, dbname: context.wiki, observedAt: observedAt, walk: walkID)
                )
            }
        }
        // A page that was moved, or listed again, waits only once, as it was seen last.
        let again = Set(part.pages.map(\.pageID))
        walk.pending.removeAll { again.contains($0.id) }
        var queue = (walk.pending.map(\.info) + toFetch)[...]
        while queue.count >= Self.pagesPerRequest || part.next == nil && !queue.isEmpty {
            let slice = Array(queue.prefix(Self.pagesPerRequest))
            queue = queue.dropFirst(slice.count)
            try await fetch(slice.map(\.pageID), listed: slice, &walk)
        }
        walk.pending = queue.map(ModuleWalk.Page.init)
        walk.counts.listed += UInt64(part.pages.count)
        walk.continueFrom = part.next
        if part.next == nil { walk.phase = .checkingUnseen }
        var counts = ModuleWriteCounts()
        try await commit(&walk, counting: &counts) { transaction in
            let written = try await ModuleTable.write(rows, in: transaction)
            try await ModuleTable.touch(
                context.wiki,
                unchanged,
                walk: walkID,
                observedAt: observedAt,
                in: transaction
            )
            return written
        }
    }

    // MARK: Pages by id

    /// Looks again, by page id, at the rows that the list didn't have.
    func checkUnseen(_ walk: inout ModuleWalk) async throws {
        while walk.phase == .checkingUnseen {
            let ids = try await modules.unseen(
                context.wiki,
                walk: context.lease.job.rawValue,
                after: walk.checkedUpTo,
                limit: Self.pagesPerRequest
            )
            guard let last = ids.last else { return }
            try await fetch(ids.map { Int64(clamping: $0) }, listed: [], &walk)
            walk.checkedUpTo = last
            try await commit(&walk)
        }
    }

    /// Fetches pages with their texts and writes them, in as many answers as the wiki needs for them.
    private func fetch(_ ids: [Int64], listed: [PageInfo], _ walk: inout ModuleWalk) async throws {
        let known = Dictionary(listed.map { ($0.pageID, $0) }, uniquingKeysWith: { first, _ in first })
        var left = Set(ids)
        var failures = 0
        while !left.isEmpty {
            var batches = api.pages(ids: left.sorted()).makeAsyncIterator()
            do {
                while let batch = try await next(&batches) {
                    try await write(batch, listed: known, &walk)
                    left.subtract(batch.pages.map(\.pageID))
                    failures = 0
                }
                return
            } catch let error as APIError where error.recovery == .retry && !error.isCancellation {
                failures += 1
                try await context.pause(after: error, failures: failures)
            }
        }
    }

    private func next(_ batches: inout PageBatches.Iterator) async throws -> PageBatch? {
        try await context.nextRequest()
        return try await batches.next()
    }

    private func write(_ batch: PageBatch, listed: [Int64: PageInfo], _ walk: inout ModuleWalk) async throws {
        let walkID = context.lease.job.rawValue
        let observedAt = Timestamp(batch.observedAt)
        var rows: [ModuleRow] = []
        var gone: [UInt64] = []
        for page in batch.pages {
            switch page.outcome {
            case .present(let info, let revision) where info.namespace == ActionAPI.moduleNamespace:
                rows.append(
                    ModuleRow(info, revision: revision, dbname: context.wiki, observedAt: observedAt, walk: walkID)
                )
                if revision != nil { walk.counts.fetched += 1 }
            case .tooLarge(let info):
                guard let info = info ?? listed[page.pageID] else { continue }
                rows.append(
                    ModuleRow(
                        unreadable: info,
                        reason: .tooLarge,
                        dbname: context.wiki,
                        observedAt: observedAt,
                        walk: walkID
                    )
                )
            case .present, .missing, .invalid:
                // Deleted, or moved to another namespace. If the list had it, it went away since.
                gone.append(UInt64(clamping: page.pageID))
                guard let info = listed[page.pageID] else { continue }
                rows.append(
                    ModuleRow(
                        unreadable: info,
                        reason: .missing,
                        dbname: context.wiki,
                        observedAt: observedAt,
                        walk: walkID
                    )
                )
            }
        }
        try await write(rows, gone: gone, ended: Set(batch.pages.map(\.pageID)), observedAt: observedAt, &walk)
    }

    /// Writes rows in transactions of bounded size, and marks those that are gone.
    private func write(
        _ rows: [ModuleRow],
        gone: [UInt64],
        ended: Set<Int64>,
        observedAt: Timestamp,
        _ walk: inout ModuleWalk
    ) async throws {
        var rest = rows[...]
        repeat {
            var bytes = 0
            var slice = rest.prefix { row in
                defer { bytes += row.sourceBytes }
                return bytes + row.sourceBytes <= Self.bytesPerTransaction
            }
            if slice.isEmpty { slice = rest.prefix(1) }
            rest = rest.dropFirst(slice.count)
            let isLast = rest.isEmpty
            let part = Array(slice)
            var counts = ModuleWriteCounts()
            if isLast {
                walk.counts.deleted += UInt64(gone.count)
                walk.pending.removeAll { ended.contains($0.id) }
            }
            try await commit(&walk, counting: &counts) { transaction in
                let written = try await ModuleTable.write(part, in: transaction)
                if isLast {
                    try await ModuleTable.markDeleted(
                        context.wiki,
                        gone,
                        at: observedAt,
                        walk: context.lease.job.rawValue,
                        in: transaction
                    )
                }
                return written
            }
        } while !rest.isEmpty
    }

    // MARK: Requests and checkpoints

    /// Counts go on from those of earlier workers.
    func carry(_ counts: ModuleWalk.Counts) { carried.withLock { $0 = counts } }

    /// Writes rows, which are counted, and the checkpoint.
    private func commit(
        _ walk: inout ModuleWalk,
        counting counts: inout ModuleWriteCounts,
        _ rows: (Transaction) async throws -> ModuleWriteCounts
    ) async throws {
        var written = ModuleWriteCounts()
        try await commit(&walk) { transaction in written = try await rows(transaction) }
        // They are in the next checkpoint: counts are for people, and rows must not be written twice for them.
        walk.counts.new += UInt64(written.new)
        walk.counts.changed += UInt64(written.changed)
        walk.counts.sources += UInt64(written.newSources)
        counts = written
    }

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

extension ModuleRow {
    /// The bytes of the source; 0 without one.
    fileprivate var sourceBytes: Int {
        if case .source(let bytes) = content { bytes.count } else { 0 }
    }
}

extension StoredModule {
    /// Whether the row has all that a page of the list says, so that nothing need be fetched.
    fileprivate func isUpToDate(with page: PageInfo) -> Bool {
        deletedAt == nil && lastRevisionID == UInt64(clamping: page.lastRevisionID) && title == page.title.bytes
            && contentModel == page.contentModel && isRedirect == page.isRedirect
    }
}
