package import FoundationEssentials
import HTTPFetch

/// Whether a wiki shows the text of a revision.
package enum RevisionState: Sendable, Equatable {
    /// It does.
    case shown
    /// An administrator has hidden it.
    case hidden
    /// It is hidden from administrators too.
    case suppressed
    /// There is no such revision: it was deleted.
    case missing
}

/// What a wiki says of some revisions.
package struct RevisionStates: Sendable, Equatable {
    /// By the id of the revision. One of which the wiki says nothing isn't in it.
    package let states: [Int64: RevisionState]
    /// When the wiki gave the answer, by its own clock.
    package let observedAt: Date
}

extension ActionAPI {
    /// Whether the texts of these revisions, at most 50, are shown. The texts themselves aren't asked for: their hashes
    /// are hidden with them. Source: API:Revisions, `sha1hidden`; MediaWiki, ApiQueryRevisionsBase::extractRevisionInfo.
    package func revisionStates(ids: [Int64]) async throws(APIError) -> RevisionStates {
        let body = try await call([
            HTTPFormField("action", "query"), HTTPFormField("curtimestamp", "1"),
            HTTPFormField("revids", ids.map(String.init).joined(separator: "|")),
            HTTPFormField("prop", "revisions"), HTTPFormField("rvprop", "ids|sha1"),
        ])
        let answer = try decode(RevisionStatesAnswer.self, from: body)
        guard let time = Date(wikiTime: answer.curtimestamp) else {
            throw unexpected("curtimestamp \"\(answer.curtimestamp)\"")
        }
        var states: [Int64: RevisionState] = [:]
        for revision in answer.query?.pages?.flatMap({ $0.revisions ?? [] }) ?? [] {
            states[revision.revid] = revision.state
        }
        for revision in answer.query?.badrevids?.values.map(\.revid) ?? [] { states[revision] = .missing }
        return RevisionStates(states: states, observedAt: time)
    }
}

private struct RevisionStatesAnswer: Decodable {
    let curtimestamp: String
    let query: Query?

    struct Query: Decodable {
        let pages: [Page]?
        /// By the id as text.
        let badrevids: [String: BadRevision]?
    }

    struct Page: Decodable { let revisions: [Revision]? }

    struct BadRevision: Decodable { let revid: Int64 }

    struct Revision: Decodable {
        let revid: Int64
        let sha1hidden: Flag?
        let suppressed: Flag?

        /// `suppressed` alone can be about the user or the summary.
        var state: RevisionState {
            guard sha1hidden?.isSet == true else { return .shown }
            return suppressed?.isSet == true ? .suppressed : .hidden
        }
    }
}
