import Catalog
import Concurrency
import Jobs
import Logging
import MariaDB
import MediaWiki

/// The steps of one walk, in one process.
struct ModuleWalkSession {
    let context: WorkContext
    let api: ActionAPI
    let modules: ModuleTable
    /// What workers before this one have counted.
    let carried = Lock(ModuleWalk.Counts())

    /// What has a continuation that is refused is begun anew so often.
    private static let maximumRestarts = 3

    init(context: WorkContext, api: ActionAPI) {
        self.context = context
        self.api = api
        modules = ModuleTable(context.pool)
    }

    /// What rows are stamped with that the walk has seen.
    var walkID: UInt64 { context.lease.job.rawValue }

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
        let observedAt = Timestamp(part.observedAt)
        let stored = try await modules.stored(context.wiki, part.pages.map { UInt64(clamping: $0.pageID) })
        var findings: [PageFinding] = []
        var toFetch: [PageInfo] = []
        for page in part.pages {
            let pageID = UInt64(clamping: page.pageID)
            if stored[pageID]?.isUpToDate(with: page) == true {
                findings.append(.unchanged(pageID))
            } else if page.contentModel == ModuleRow.scribunto || page.isRedirect {
                toFetch.append(page)
            } else {
                findings.append(
                    .seen(ModuleRow(page, revision: nil, dbname: context.wiki, observedAt: observedAt, walk: walkID))
                )
            }
        }
        // A page that was moved, or listed again, waits only once, as it was seen last.
        let again = Set(part.pages.map(\.pageID))
        walk.pending.removeAll { again.contains($0.id) }
        var queue = (walk.pending.map(\.info) + toFetch)[...]
        while queue.count >= api.pagesPerRequest || part.next == nil && !queue.isEmpty {
            let slice = Array(queue.prefix(api.pagesPerRequest))
            queue = queue.dropFirst(slice.count)
            try await fetch(slice.map(\.pageID), listed: slice, &walk)
        }
        try await write(findings, observedAt: observedAt, &walk) { walk in
            walk.pending = queue.map(ModuleWalk.Page.init)
            walk.counts.listed += UInt64(part.pages.count)
            walk.continueFrom = part.next
            if part.next == nil { walk.phase = .checkingUnseen }
        }
    }

    // MARK: Pages by id

    /// Looks again, by page id, at the rows that the list didn't have.
    func checkUnseen(_ walk: inout ModuleWalk) async throws {
        while walk.phase == .checkingUnseen {
            let ids = try await modules.unseen(
                context.wiki,
                walk: walkID,
                after: walk.checkedUpTo,
                limit: api.pagesPerRequest
            )
            guard let last = ids.last else { return }
            try await fetch(ids.map { Int64(clamping: $0) }, &walk)
            walk.checkedUpTo = last
            try await commit(&walk)
        }
    }

    /// Fetches pages with their texts and writes them, in as many answers as the wiki needs for them.
    /// - Parameters:
    ///   - listed: what the list says of them: one that isn't there is in doubt.
    ///   - kept: pages of which nothing is written when they aren't there.
    func fetch(
        _ ids: [Int64],
        listed: [PageInfo] = [],
        keeping kept: Set<Int64> = [],
        _ walk: inout ModuleWalk
    ) async throws {
        let known = Dictionary(listed.map { ($0.pageID, $0) }, uniquingKeysWith: { first, _ in first })
        var left = Set(ids)
        var patience = context.patience
        var restarts = 0
        while !left.isEmpty {
            var batches = api.pages(ids: left.sorted()).makeAsyncIterator()
            do {
                while let batch = try await next(&batches) {
                    try await write(batch, listed: known, keeping: kept, &walk)
                    left.subtract(batch.pages.map(\.pageID))
                    patience = context.patience
                }
                return
            } catch let error as APIError where error.kind == .badContinue && restarts < Self.maximumRestarts {
                // Asked for anew, for those that haven't come yet.
                restarts += 1
            } catch let error as APIError {
                try await patience.wait(after: error)
            }
        }
    }

    private func next(_ batches: inout PageBatches.Iterator) async throws -> PageBatch? {
        try await context.nextRequest()
        return try await batches.next()
    }

    private func write(
        _ batch: PageBatch,
        listed: [Int64: PageInfo],
        keeping kept: Set<Int64>,
        _ walk: inout ModuleWalk
    ) async throws {
        let observedAt = Timestamp(batch.observedAt)
        var findings: [PageFinding] = []
        func unreadable(_ info: PageInfo, _ reason: NoSourceReason) -> ModuleRow {
            ModuleRow(unreadable: info, reason: reason, dbname: context.wiki, observedAt: observedAt, walk: walkID)
        }
        for page in batch.pages {
            switch page.outcome {
            case .present(let info, let revision) where info.namespace == ActionAPI.moduleNamespace:
                findings.append(
                    .seen(
                        ModuleRow(info, revision: revision, dbname: context.wiki, observedAt: observedAt, walk: walkID)
                    )
                )
                walk.counts.fetched += 1
            case .tooLarge(let info):
                guard let info = info ?? listed[page.pageID] else { continue }
                findings.append(.seen(unreadable(info, .tooLarge)))
            case .present, .missing, .invalid:
                // Deleted, or moved to another namespace. That the list had it shows that this may be a replica that lags:
                // such a page is looked at once more with those that the list didn't have.
                if let info = listed[page.pageID] {
                    findings.append(.doubtful(unreadable(info, .missing)))
                } else if !kept.contains(page.pageID) {
                    findings.append(.gone(UInt64(clamping: page.pageID)))
                }
            }
        }
        let ended = Set(batch.pages.map(\.pageID))
        try await write(findings, observedAt: observedAt, &walk) { walk in
            walk.pending.removeAll { ended.contains($0.id) }
            walk.changed?.removeAll { ended.contains($0.id) }
        }
    }
}

extension StoredModule {
    /// Whether the row has all that a page of the list says, so that nothing need be fetched.
    fileprivate func isUpToDate(with page: PageInfo) -> Bool {
        deletedAt == nil && reason?.mayPass != true && !isUnpurged
            && lastRevisionID == UInt64(clamping: page.lastRevisionID)
            && title == page.title.bytes && contentModel == page.contentModel && length == page.length
            && isRedirect == page.isRedirect
    }
}
