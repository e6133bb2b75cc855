/// What a run would do, and how long that would take at the quotas. Pure: what the tables know comes in.
package struct RunEstimate: Sendable, Equatable {
    /// A job that would be planned, or joined.
    package struct PlannedJob: Sendable, Equatable {
        package let kind: JobKind
        package let wiki: String
        package let resource: Resource
        /// `nil` for one that is under way already, and would be joined.
        package let cost: JobCost?

        package init(kind: JobKind, wiki: String, resource: Resource, cost: JobCost?) {
            self.kind = kind
            self.wiki = wiki
            self.resource = resource
            self.cost = cost
        }
    }

    /// How long a request takes.
    package enum Latency: Sendable, Equatable {
        case assumed
        /// The median of so many jobs that are done.
        case measured(Duration, jobs: Int)

        /// The time from one request of a job to the next.
        package var time: Duration {
            switch self {
            case .assumed: .milliseconds(500)
            case .measured(let time, _): time
            }
        }
    }

    /// What the jobs of one kind come to.
    package struct KindPart: Sendable, Equatable {
        package let kind: JobKind
        package var planned = 0
        package var joined = 0
        package var requests: UInt64 = 0
        package var bytes: UInt64 = 0
        package var guessedRequests: UInt64 = 0
    }

    /// What keeps jobs from being done sooner.
    package enum Bound: String, Sendable {
        case requestsPerMinute = "requests per minute"
        case inFlight = "requests in flight"
        case oneWiki = "one request in flight to the largest wiki"
        case workerSlots = "slots of the workers"
    }

    /// What is asked of one site, or of what else jobs share.
    package struct SitePart: Sendable, Equatable {
        package let resource: Resource
        package var jobs = 0
        package var requests: UInt64 = 0
        /// Of the wiki that takes longest.
        package var mostOfOneWiki: UInt64 = 0
        package var time = Duration.zero
        package var bound = Bound.inFlight
    }

    package let kinds: [KindPart]
    package let sites: [SitePart]
    package let latency: Latency
    /// How many jobs the running workers do at once; 0 when none runs, and as many as are needed are taken for granted.
    package let slots: Int
    /// From the first request to the last.
    package let time: Duration
    package let bound: Bound?

    package var planned: Int { kinds.reduce(0) { $0 + $1.planned } }
    package var joined: Int { kinds.reduce(0) { $0 + $1.joined } }
    package var requests: UInt64 { kinds.reduce(0) { $0 + $1.requests } }
    package var bytes: UInt64 { kinds.reduce(0) { $0 + $1.bytes } }
    package var guessedRequests: UInt64 { kinds.reduce(0) { $0 + $1.guessedRequests } }

    /// Adds up jobs.
    package init(_ jobs: [PlannedJob], quotas: Quotas, latency: Latency, slots: Int) {
        var kinds: [KindPart] = []
        var sites: [Resource: SitePart] = [:]
        var wikis: [Resource: [String: UInt64]] = [:]
        for job in jobs {
            let index = kinds.firstIndex { $0.kind == job.kind } ?? kinds.endIndex
            if index == kinds.endIndex { kinds.append(KindPart(kind: job.kind)) }
            guard let cost = job.cost else {
                kinds[index].joined += 1
                continue
            }
            kinds[index].planned += 1
            kinds[index].requests += cost.requests
            kinds[index].bytes += cost.bytes
            kinds[index].guessedRequests += cost.guessedRequests
            sites[job.resource, default: SitePart(resource: job.resource)].jobs += 1
            sites[job.resource, default: SitePart(resource: job.resource)].requests += cost.requests
            wikis[job.resource, default: [:]][job.wiki, default: 0] += cost.requests
        }
        for (resource, ofWikis) in wikis { sites[resource]?.mostOfOneWiki = ofWikis.values.max() ?? 0 }
        self.kinds = kinds
        self.latency = latency
        self.slots = slots
        self.sites = sites.values.map { $0.timed(quotas, latency.time) }
            .sorted { ($1.time, $0.resource.rawValue) < ($0.time, $1.resource.rawValue) }
        let slowest = self.sites.first
        let requests = self.sites.reduce(0) { $0 + $1.requests }
        let atSlots = slots > 0 ? latency.time * Double(requests) / Double(slots) : .zero
        let atSites = slowest?.time ?? .zero
        time = max(atSlots, atSites)
        bound = atSlots > atSites ? .workerSlots : slowest?.bound
    }
}

extension RunEstimate.SitePart {
    /// With how long it takes: as long as the tightest limit makes it.
    fileprivate func timed(_ quotas: Quotas, _ latency: Duration) -> RunEstimate.SitePart {
        var part = self
        var bounds: [(RunEstimate.Bound, Duration)] = [
            (.inFlight, latency * Double(requests) / Double(max(1, quotas[resource].atOnce))),
            (.oneWiki, latency * Double(mostOfOneWiki)),
        ]
        if let perMinute = quotas[resource].perMinute, perMinute > 0 {
            bounds.append((.requestsPerMinute, .seconds(60) * (Double(requests) / perMinute)))
        }
        for (bound, time) in bounds where time > part.time { (part.bound, part.time) = (bound, time) }
        return part
    }
}
