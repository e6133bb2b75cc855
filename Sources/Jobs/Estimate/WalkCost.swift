/// What a walk over the modules of a wiki costs: one request for the wiki itself, one for each 500 pages of the list, one
/// for each 50 texts. What the last walk really took corrects that: answers that are cut, how well texts are compressed.
enum WalkCost {
    /// A wiki of which nothing is known has so many modules. Wikimedia's have 300 on average.
    static let unknownModules = 300.0
    /// One page in so many is taken for changed where there was only a first walk.
    static let pagesPerChange = 100.0

    /// Bytes over the wire, compressed: what a request costs anyway, a page of the list, a text.
    private static let bytes = (request: 1000.0, listed: 25.0, text: 1500.0)
    /// Of what a first walk lists, nearly all is new. It fetches less: pages of documentation have no text that is kept.
    private static let firstWalk = 0.9

    private struct Work {
        var listed: Double
        var fetched: Double

        var listing: Double { 1 + max(1, (listed / 500).rounded(.up)) }
        var fetching: Double { (fetched / 50).rounded(.up) }
        var requests: Double { listing + fetching }

        /// The requests for texts, with as many texts in one as another walk got, whose answers may have been cut. What that
        /// asked beside its list without fetching anything is asked again.
        func fetching(asIn other: Work, whichTook requests: Double) -> Double {
            let rest = max(0, requests - other.listing)
            guard other.fetched > 0, rest > 0 else { return rest }
            return (fetched / min(50, other.fetched / rest)).rounded(.up)
        }

        var bytes: Double {
            requests * WalkCost.bytes.request + listed * WalkCost.bytes.listed + fetched * WalkCost.bytes.text
        }
    }

    /// A look at what has changed: one request, and one more where something has.
    private static let costOfChanges = JobCost(requests: 2, bytes: 12_000, guessedRequests: 1)

    static func cost(_ basis: CostBasis) -> JobCost {
        let parameters = try? ModulesParameters(parameters: basis.parameters)
        if parameters?.changed ?? false, basis.wiki?.isWalked ?? false { return costOfChanges }
        let known = Double(basis.wiki?.knownModules ?? 0)
        guard let last = basis.last, let requests = last["requests"], let listed = last["listed"], requests > 0 else {
            return costWithoutLast(known: known, isWalked: basis.wiki?.isWalked ?? false)
        }
        // Without Scribunto, or without modules.
        guard listed > 0 else { return JobCost(requests: requests, bytes: last["bytes"] ?? 0) }
        let done = Work(listed: Double(listed), fetched: Double(last["fetched"] ?? 0))
        let wasFirst = Double(last["new"] ?? 0) >= firstWalk * done.listed
        var next = Work(listed: known > 0 ? known : done.listed, fetched: done.fetched)
        if wasFirst { next.fetched = (next.listed / pagesPerChange).rounded(.up) }
        let fetching = next.fetching(asIn: done, whichTook: Double(requests))
        let density = Double(last["bytes"] ?? 0) / done.bytes
        return JobCost(
            requests: rounded(next.listing + fetching),
            bytes: rounded(next.bytes * (density > 0 ? density : 1)),
            guessedRequests: wasFirst ? rounded(fetching) : 0
        )
    }

    private static func costWithoutLast(known: Double, isWalked: Bool) -> JobCost {
        // It has no Scribunto, as far as is known.
        if isWalked, known == 0 { return JobCost(requests: 1, bytes: rounded(bytes.request)) }
        let listed = known > 0 ? known : unknownModules
        let work = Work(listed: listed, fetched: isWalked ? (listed / pagesPerChange).rounded(.up) : listed)
        let guessed = known > 0 ? work.fetching : work.requests
        return JobCost(requests: rounded(work.requests), bytes: rounded(work.bytes), guessedRequests: rounded(guessed))
    }

    private static func rounded(_ number: Double) -> UInt64 { UInt64(max(0, min(number.rounded(), 1e15))) }
}
