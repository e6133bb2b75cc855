package import FoundationEssentials
import HTTPFetch

/// Pages that have got their outcome by one answer.
package struct PageBatch: Sendable, Equatable {
    /// The pages; can be empty.
    package let pages: [PageAnswer]
    /// When the wiki gave the answer, by its own clock.
    package let observedAt: Date
}

/// The answers to a question for some pages, one request each, made as they are asked for: no more than one answer is
/// held. In the end every page has had exactly one outcome.
package struct PageBatches: AsyncSequence, Sendable {
    package typealias Element = PageBatch
    package typealias Failure = APIError

    let api: ActionAPI
    let ids: [Int64]

    package func makeAsyncIterator() -> Iterator { Iterator(api: api, ids: ids) }

    /// Makes a request for each batch.
    package struct Iterator: AsyncIteratorProtocol {
        private let api: ActionAPI
        private var merge: PageMerge
        private var next: PageMerge.Next

        init(api: ActionAPI, ids: [Int64]) {
            self.api = api
            merge = PageMerge(ids: ids)
            next = merge.first
        }

        /// The next batch; `nil` when all pages have had their outcome.
        /// - Throws: ``APIError``. Asking again repeats the request that failed, unless its answer made no sense.
        package mutating func next() async throws(APIError) -> PageBatch? {
            switch next {
            case .done: return nil
            case .nonsense(let reason): throw api.unexpected(reason)
            case .ask(let ids, let continuation):
                let answer = try await api.query(
                    [
                        HTTPFormField("pageids", ids.map(String.init).joined(separator: "|")),
                        HTTPFormField("prop", "info|revisions"), HTTPFormField("rvslots", "main"),
                        HTTPFormField("rvprop", "ids|timestamp|size|contentmodel|content"),
                    ],
                    continuation: continuation
                )
                let observedAt = try api.time(of: answer)
                let (ended, next) = merge.take(answer)
                self.next = next
                if ended.isEmpty, case .nonsense(let reason) = next { throw api.unexpected(reason) }
                return PageBatch(pages: ended, observedAt: observedAt)
            }
        }
    }
}

extension ActionAPI {
    /// The pages with these ids, at most 50 (an account with `apihighlimits`: 500), wherever they are by now, with the
    /// text of their latest revision.
    package func pages(ids: [Int64]) -> PageBatches { PageBatches(api: self, ids: ids) }

    /// One request of `action=query`, with the time of the wiki's clock.
    func query(_ parameters: [HTTPFormField], continuation: [String: String]) async throws(APIError) -> QueryAnswer {
        // What `continue` holds takes the place of a parameter of the same name.
        let kept = parameters.filter { continuation[$0.name] == nil }
        let body = try await call(
            [HTTPFormField("action", "query"), HTTPFormField("curtimestamp", "1")] + kept
                + continuation.sorted { $0.key < $1.key }.map { HTTPFormField($0.key, $0.value) }
        )
        return try decode(QueryAnswer.self, from: body)
    }

    /// When the wiki gave `answer`.
    func time(of answer: QueryAnswer) throws(APIError) -> Date {
        guard let time = Date(wikiTime: answer.curtimestamp) else {
            throw unexpected("curtimestamp \"\(answer.curtimestamp)\"")
        }
        return time
    }
}
