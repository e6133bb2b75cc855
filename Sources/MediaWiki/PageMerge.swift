import FoundationEssentials

/// Puts together the answers to one question for some pages' texts.
///
/// An answer that would be too large is cut: it has no `batchcomplete`, and its `continue` asks for the rest. Every answer
/// lists all pages again; only the first has their facts, and only those whose text is in it have `revisions` with
/// something in it. A page that doesn't fit at all makes the wiki give the same `continue` for ever.
/// Source: MediaWiki, ApiContinuationManager::getContinuation and ApiQueryRevisions.
struct PageMerge {
    /// What is to be done after an answer.
    enum Next: Equatable {
        /// Ask for these pages, with these parameters of `continue`.
        case ask(ids: [Int64], continuation: [String: String])
        case done
        /// The answers make no sense together.
        case nonsense(String)
    }

    /// The pages without an outcome yet, in the order in which they were asked for.
    private var open: [Int64]
    /// The ids of the question that is being answered: `continue` is only valid together with them.
    private var question: [Int64]
    private var infos: [Int64: PageInfo] = [:]
    private var continuation: [String: String] = [:]
    /// Each answer ends a page or makes one known as too large, so there can't be many more answers than pages.
    private var answersLeft: Int

    /// Starts with the question for `ids`, each of which counts once.
    init(ids: [Int64]) {
        var seen: Set<Int64> = []
        open = ids.filter { seen.insert($0).inserted }
        question = open
        answersLeft = 3 * open.count + 3
    }

    /// The first thing to do.
    var first: Next { open.isEmpty ? .done : .ask(ids: open, continuation: [:]) }

    /// Takes an answer: the pages that have their outcome by it, and what is to be done next.
    mutating func take(_ answer: QueryAnswer) -> (ended: [PageAnswer], next: Next) {
        var ended: [PageAnswer] = []
        let asked = Set(open)
        for page in answer.pages {
            guard let id = page.pageid, asked.contains(id) else { continue }
            if let info = page.info { infos[id] = info }
            if let outcome = outcome(of: page, id: id) { ended.append(PageAnswer(pageID: id, outcome: outcome)) }
        }
        let known = Set(ended.map(\.pageID))
        open.removeAll(where: known.contains)
        answersLeft -= 1
        if answer.isBatchComplete {
            for id in open {
                guard let info = infos[id] else { return (ended, .nonsense("page \(id) isn't in the complete answer")) }
                ended.append(PageAnswer(pageID: id, outcome: .present(info, revisionWithoutText(of: info))))
            }
            open = []
        }
        guard !open.isEmpty else { return (ended, .done) }
        guard let next = answer.continuation, !next.isEmpty else {
            return (ended, .nonsense("neither complete nor continued"))
        }
        guard answersLeft > 0 else { return (ended, .nonsense("it continues without end")) }
        guard next == continuation else {
            continuation = next
            return (ended, .ask(ids: question, continuation: next))
        }
        let large = pageThatDoesNotFit(next)
        ended.append(PageAnswer(pageID: large, outcome: .tooLarge(infos[large])))
        open.removeAll { $0 == large }
        question = open
        continuation = [:]
        return (ended, first)
    }

    private func outcome(of page: QueryAnswer.Page, id: Int64) -> PageOutcome? {
        if page.missing?.isSet == true { return .missing }
        if page.invalid?.isSet == true { return .invalid }
        guard let info = infos[id] else { return nil }
        guard let revision = page.revisions?.first else { return nil }
        return .present(
            info,
            PageRevision(
                revisionID: revision.revid,
                timestamp: revision.timestamp.flatMap { Date(wikiTime: $0) },
                length: revision.size,
                contentModel: revision.slots?.main?.contentmodel,
                source: revision.source
            )
        )
    }

    private func revisionWithoutText(of info: PageInfo) -> PageRevision {
        PageRevision(
            revisionID: info.lastRevisionID,
            timestamp: nil,
            length: nil,
            contentModel: nil,
            source: .noContent(reason: "no revision in the complete answer")
        )
    }

    /// The page that a repeated `continue` is about: `rvcontinue` is its id and its revision's.
    private func pageThatDoesNotFit(_ continuation: [String: String]) -> Int64 {
        let id = continuation["rvcontinue"]?.split(separator: "|").first.flatMap { Int64($0) }
        if let id, open.contains(id) { return id }
        return open[0]
    }
}
