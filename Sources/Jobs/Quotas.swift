/// The limits of resources. Each site has the same, each wiki has the same.
package struct Quotas: Sendable, Equatable {
    /// Jobs at once that talk to one site, so also requests in flight: a job has one at most.
    package var siteInFlight: Int
    /// Requests per minute to one site, over all workers; `nil` for no limit.
    package var siteRequestsPerMinute: Double?

    /// The defaults suit Wikimedia from outside its own cloud.
    ///
    /// Source: <https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits>: 200 a minute for a client with a contact in its
    /// User-Agent, and at most 3 requests at once.
    package init(siteInFlight: Int = 3, siteRequestsPerMinute: Double? = 180) {
        self.siteInFlight = siteInFlight
        self.siteRequestsPerMinute = siteRequestsPerMinute
    }

    /// How many jobs may use the resource at once.
    package func limit(of resource: Resource) -> Int {
        switch resource.type {
        case "site": siteInFlight
        case "wiki": 1
        default: 1
        }
    }

    /// How many requests per minute the resource bears; `nil` for no limit.
    package func requestsPerMinute(of resource: Resource) -> Double? {
        resource.type == "site" ? siteRequestsPerMinute : nil
    }
}

extension Resource {
    /// What stands before the colon.
    var type: Substring { rawValue.prefix { $0 != ":" } }
}
