import Catalog
import Concurrency
import MariaDB
import MediaWiki

/// Texts that were hidden after they were gathered: of a page's newest revision the walk hears when it fetches it, of earlier
/// ones only by asking.
extension ModuleWalkSession {
    /// A revision is asked for again after so long.
    private static let interval = Duration.seconds(7 * 86_400)
    /// So many revisions one request names. Source: API:Query, limit of `revids` for clients without `apihighlimits`.
    private static let revisionsPerRequest = 50
    /// So many requests one walk makes for them.
    private static let requestsPerWalk = 10

    /// Asks of earlier revisions whether the wiki still shows them, and takes the texts from those that it doesn't.
    func checkRevisions(_ walk: inout ModuleWalk) async throws {
        let due = Timestamp(microseconds: walk.beganAt).advanced(by: .zero - Self.interval)
        for _ in 0..<Self.requestsPerWalk {
            let revisions = try await ModuleHistory.unchecked(
                context.wiki,
                before: due,
                limit: Self.revisionsPerRequest,
                from: context.pool
            )
            guard !revisions.isEmpty else { return }
            let answer = try await context.request {
                try await api.revisionStates(ids: revisions.map { Int64(clamping: $0.revisionID) })
            }
            let findings = revisions.compactMap { revision in
                answer.states[Int64(clamping: revision.revisionID)].map { (revision, $0.reason) }
            }
            guard findings.count == revisions.count else {
                throw CannotBeDone("\(context.wiki) says nothing of a revision that it was asked for")
            }
            var moved = walk
            var withdrawn = 0
            try await commit(&moved) { transaction in
                withdrawn = try await ModuleHistory.note(
                    findings,
                    at: Timestamp(answer.observedAt),
                    in: transaction
                )
            }
            moved.counts.withdrawn = (moved.counts.withdrawn ?? 0) + UInt64(withdrawn)
            walk = moved
        }
    }
}

extension RevisionState {
    /// Why there is no text; `nil` when there is.
    fileprivate var reason: NoSourceReason? {
        switch self {
        case .shown: nil
        case .hidden: .hidden
        case .suppressed: .suppressed
        case .missing: .deleted
        }
    }
}
