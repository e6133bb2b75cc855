/// What a job is expected to ask of its wiki.
package struct JobCost: Sendable, Equatable {
    /// Requests.
    package var requests: UInt64
    /// Bytes over the wire.
    package var bytes: UInt64
    /// The part of the requests that stands on no experience with this wiki.
    package var guessedRequests: UInt64

    /// Makes a cost.
    package init(requests: UInt64, bytes: UInt64, guessedRequests: UInt64 = 0) {
        self.requests = requests
        self.bytes = bytes
        self.guessedRequests = guessedRequests
    }

    /// One request of a few kilobytes, as nobody knows better.
    package static let guess = JobCost(requests: 1, bytes: 10_000, guessedRequests: 1)
}

/// What the tables know when the cost of a job is to be told.
package struct CostBasis: Sendable, Equatable {
    /// The wiki; `nil` for a kind of the fleet.
    package var wiki: WikiFacts?
    /// What the run is started with, as JSON in the form of the kind.
    package var parameters: [UInt8]
    /// The counts of the last job like it that is done; `nil` when there is none.
    package var last: [String: UInt64]?

    /// Makes a basis.
    package init(wiki: WikiFacts?, parameters: [UInt8] = [], last: [String: UInt64]? = nil) {
        self.wiki = wiki
        self.parameters = parameters
        self.last = last
    }
}
