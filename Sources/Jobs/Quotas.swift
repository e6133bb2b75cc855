/// What a resource bears, over all workers.
package struct Quota: Sendable, Equatable {
    /// Users at once: jobs, or, of the database, connections. As a job has one request in flight at most, so many are in
    /// flight at most.
    package var atOnce: Int
    /// Requests per minute; `nil` for no limit.
    package var perMinute: Double?

    package init(atOnce: Int, perMinute: Double? = nil) {
        self.atOnce = atOnce
        self.perMinute = perMinute
    }

    /// No limit.
    package static let unlimited = Quota(atOnce: .max)
}

/// The limits of resources: of single ones, and of all of a type.
package struct Quotas: Sendable, Equatable {
    /// By name, such as `site:wikimedia`, or by type, such as `site`.
    private var named: [String: Quota]

    /// What is said of no resource by name or type.
    private static let standard: [String: Quota] = [
        "wiki": Quota(atOnce: 1),
        "database": .unlimited,
    ]

    /// The defaults suit Wikimedia from outside its own cloud.
    ///
    /// Source: <https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits>: 200 a minute for a client with a contact in its
    /// User-Agent, and at most 3 requests at once.
    /// - Parameter named: those of single resources and of other types.
    package init(siteInFlight: Int = 3, siteRequestsPerMinute: Double? = 180, named: [String: Quota] = [:]) {
        self.named = Self.standard
        self.named["site"] = Quota(atOnce: siteInFlight, perMinute: siteRequestsPerMinute)
        self.named.merge(named) { _, given in given }
    }

    /// The limits of a resource: its own, or else those of its type. Of what is unknown, one job uses it at once.
    package subscript(_ resource: Resource) -> Quota {
        named[resource.rawValue] ?? named[String(resource.type)] ?? Quota(atOnce: 1)
    }
}

extension Quotas {
    /// What is wrong with a list of quotas.
    package struct InvalidQuota: Error, Sendable, Equatable, CustomStringConvertible {
        package let entry: String

        package var description: String {
            """
            "\(entry)" is no quota; write such as site:wikimedia=16, or wiktionary=3/180: a resource or a type of them, how many \
            use it at once, and after a slash requests per minute
            """
        }
    }

    /// Reads a list such as `site:wikimedia=16, dumps=2/60`.
    /// - Throws: ``InvalidQuota``.
    package static func parse(_ text: String) throws(InvalidQuota) -> [String: Quota] {
        var quotas: [String: Quota] = [:]
        for entry in text.filter({ $0 != " " }).split(separator: ",") {
            let sides = entry.split(separator: "=", omittingEmptySubsequences: false)
            let figures = sides.count == 2 ? sides[1].split(separator: "/", omittingEmptySubsequences: false) : []
            guard !figures.isEmpty, figures.count <= 2, !sides[0].isEmpty, let atOnce = Int(figures[0]), atOnce > 0,
                quotas[String(sides[0])] == nil
            else { throw InvalidQuota(entry: String(entry)) }
            var quota = Quota(atOnce: atOnce)
            if figures.count == 2 {
                guard let perMinute = Double(figures[1]), perMinute > 0, perMinute.isFinite else {
                    throw InvalidQuota(entry: String(entry))
                }
                quota.perMinute = perMinute
            }
            quotas[String(sides[0])] = quota
        }
        return quotas
    }
}

extension Resource {
    /// What stands before the colon.
    var type: Substring { rawValue.prefix { $0 != ":" } }
}
