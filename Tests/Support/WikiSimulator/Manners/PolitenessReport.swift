/// Where requests broke a rule of politeness. It looks at nothing but what the requests say of themselves, and at their
/// times: it knows nothing of how anybody keeps these rules.
package struct PolitenessReport: Sendable, Equatable, CustomStringConvertible {
    /// What is allowed.
    package struct Rules: Sendable, Codable {
        /// Requests under way to one site at once.
        package var siteInFlight: Int
        /// Requests to one site in any 60 seconds; `nil` for no limit.
        package var sitePerMinute: Int?
        /// How late the simulator may learn that a client has broken off a request, in milliseconds.
        package var tolerance: Int

        package init(siteInFlight: Int, sitePerMinute: Int?, tolerance: Int = 100) {
            self.siteInFlight = siteInFlight
            self.sitePerMinute = sitePerMinute
            self.tolerance = tolerance
        }
    }

    /// Which rule.
    package enum Rule: String, Sendable, Codable, CaseIterable {
        case oneInFlightPerWiki, siteInFlight, sitePerMinute, retryAfter, contact, compression, maxlag, post
    }

    /// A request that broke a rule.
    package struct Violation: Sendable, Equatable, CustomStringConvertible {
        package let rule: Rule
        package let request: RequestRecord
        package let detail: String

        package var description: String {
            "\(rule.rawValue): \(detail): request \(request.number) \(request.kind) to \(request.wiki) at \(request.site)"
        }
    }

    package private(set) var violations: [Violation] = []
    /// How many requests were looked at.
    package let requests: Int

    /// Looks at all of them.
    /// - Parameter records: in any order; all that there were, or the rules of time can't be judged.
    package init(_ records: [RequestRecord], _ rules: Rules) {
        requests = records.count
        let ordered = records.sorted { ($0.began, $0.number) < ($1.began, $1.number) }
        for record in ordered { checkForm(record) }
        for (_, group) in Dictionary(grouping: ordered, by: \.wiki).sorted(by: { $0.key < $1.key })
        where group[0].wiki != "" {
            checkInFlight(group, limit: 1, .oneInFlightPerWiki, rules)
        }
        for (_, group) in Dictionary(grouping: ordered, by: \.site).sorted(by: { $0.key < $1.key }) {
            checkInFlight(group, limit: rules.siteInFlight, .siteInFlight, rules)
            if let limit = rules.sitePerMinute { checkRate(group, limit: limit) }
            checkRetryAfter(group)
        }
    }

    package var isClean: Bool { violations.isEmpty }

    /// The rules that were broken.
    package var broken: Set<Rule> { Set(violations.map(\.rule)) }

    package var description: String {
        guard !isClean else { return "\(requests) requests, no rule broken" }
        let shown = violations.prefix(20).map { "\n  \($0)" }.joined()
        return "\(requests) requests, \(violations.count) violations:\(shown)"
    }

    private mutating func add(_ rule: Rule, _ request: RequestRecord, _ detail: String) {
        violations.append(Violation(rule: rule, request: request, detail: detail))
    }

    // MARK: The rules

    private mutating func checkForm(_ record: RequestRecord) {
        // A mail address or a URL in brackets. Source: Wikimedia Foundation User-Agent Policy.
        let comment = record.userAgent.split(separator: "(").dropFirst().first?.split(separator: ")").first ?? ""
        if !comment.contains("@"), !comment.contains("://") {
            add(.contact, record, "User-Agent \"\(record.userAgent)\"")
        }
        if !record.acceptEncoding.contains("gzip"), record.kind != .stream { add(.compression, record, "no gzip") }
        if record.kind != .stream, record.kind != .login, !record.target.contains("maxlag="), !record.wiki.isEmpty {
            add(.maxlag, record, "no maxlag")
        }
        if record.target.contains("action=login"), record.method != "POST" {
            add(.post, record, "a password in a URL")
        }
    }

    private mutating func checkInFlight(_ records: [RequestRecord], limit: Int, _ rule: Rule, _ rules: Rules) {
        let tolerance = UInt64(rules.tolerance) * 1_000_000
        var ends: [UInt64] = []
        for record in records {
            ends.removeAll { $0 <= record.began }
            ends.append(
                record.isAborted ? max(record.began, record.ended - min(tolerance, record.ended)) : record.ended
            )
            if ends.count > limit { add(rule, record, "\(ends.count) under way, \(limit) allowed") }
        }
    }

    private mutating func checkRate(_ records: [RequestRecord], limit: Int) {
        let minute: UInt64 = 60_000_000_000
        var first = 0
        for (place, record) in records.enumerated() {
            while record.began - records[first].began >= minute { first += 1 }
            let count = place - first + 1
            if count > limit { add(.sitePerMinute, record, "\(count) in a minute, \(limit) allowed") }
        }
    }

    /// A request that is under way when the answer comes can't know of it.
    private mutating func checkRetryAfter(_ records: [RequestRecord]) {
        var holds: [(end: UInt64, wiki: String?, from: UInt64, seconds: Int)] = []
        let asking = records.filter { $0.retryAfter != nil }.sorted { $0.ended < $1.ended }
        var next = 0
        for record in records {
            while next < asking.count, asking[next].ended <= record.began {
                let request = asking[next]
                let seconds = request.retryAfter ?? 0
                let end = request.ended + UInt64(max(seconds, 0)) * 1_000_000_000
                holds.append((end, request.isForSite ? nil : request.wiki, request.ended, seconds))
                next += 1
            }
            holds.removeAll { $0.end <= record.began }
            let broken = holds.first { hold in
                (hold.wiki == nil || hold.wiki == record.wiki) && record.began < hold.end
            }
            if let broken {
                let after = (record.began - broken.from) / 1_000_000
                add(.retryAfter, record, "\(after) ms after an answer that asked to wait \(broken.seconds) s")
            }
        }
    }
}
