import FoundationEssentials

/// What `perigee jobs show` tells of a job.
struct Story: Decodable, Sendable {
    struct Event: Decodable, Sendable {
        let at: String
        let event: String
        let attempt: Int
        let worker: String?
        let term: Int
    }

    let job: Int
    let state: String
    let attempt: Int
    let failures: Int
    let losses: Int
    let snoozes: Int
    let dependsOn: Int?
    let hasMore: Bool
    let events: [Event]

    private enum CodingKeys: String, CodingKey {
        case job = "job_id", state, attempt, failures, losses, snoozes, dependsOn = "depends_on"
        case hasMore = "story_has_more", events = "story"
    }

    /// What makes no sense in it: each event has to follow from the state that the ones before have led to, and the last
    /// has to lead to what the job is.
    var contradictions: [String] {
        var found: [String] = []
        var job = Replay(isWaiting: dependsOn != nil)
        for (index, event) in events.enumerated() {
            if let problem = job.take(event, isFirst: index == 0) {
                found.append("job \(self.job), event \(index + 1), \(event.event): \(problem)")
            }
        }
        if hasMore { found.append("job \(self.job): its story is longer than what is shown") }
        let told = "\(job.state), attempt \(job.attempt), \(job.failures) failures, \(job.snoozes) snoozes"
        let shown = "\(state), attempt \(attempt), \(failures) failures, \(snoozes) snoozes"
        if told != shown { found.append("job \(self.job): it is \(shown), and its story ends with \(told)") }
        return found
    }
}

/// A job as its events tell of it.
private struct Replay {
    private(set) var state = ""
    private(set) var attempt = 0
    private(set) var failures = 0
    private(set) var snoozes = 0
    private var worker: String?
    private var term = 0
    private var at = ""
    private let isWaiting: Bool

    init(isWaiting: Bool) { self.isWaiting = isWaiting }

    /// Goes on by one event.
    /// - Returns: why it can't have come now.
    mutating func take(_ event: Story.Event, isFirst: Bool) -> String? {
        defer { (term, at) = (event.term, event.at) }
        if event.term < term { return "of term \(event.term), after one of term \(term)" }
        // Each coordinator has a clock of its own.
        if event.term == term, event.at < at { return "at \(event.at), after one at \(at)" }
        if isFirst != (event.event == "planned") { return "a story begins with being planned, once" }
        switch event.event {
        case "planned":
            state = isWaiting ? "waiting" : "ready"
            return event.attempt == 0 ? nil : "attempt \(event.attempt)"
        case "granted":
            guard state == "ready" else { return "the job is \(state)" }
            state = "leased"
            attempt += 1
            worker = event.worker
            return event.attempt == attempt ? nil : "attempt \(event.attempt), not \(attempt)"
        case "dependency_done":
            guard state == "waiting" else { return "the job is \(state)" }
            state = "ready"
        case "retried":
            guard ["failed", "quarantined", "cancelled"].contains(state) else { return "the job is \(state)" }
            state = "ready"
            failures = 0
        case "cancelled":
            guard ["waiting", "ready", "leased"].contains(state) else { return "the job is \(state)" }
            state = "cancelled"
        default:
            guard state == "leased" else { return "the job is \(state)" }
            guard event.worker == worker else { return "by \(event.worker ?? "?"), while \(worker ?? "?") holds it" }
            guard let next = Self.afterLease[event.event] else { return "nobody knows this event" }
            state = next
            if event.event == "failed_attempt" || event.event == "failed" { failures += 1 }
            if event.event == "snoozed" { snoozes += 1 }
        }
        return event.attempt == attempt ? nil : "attempt \(event.attempt), not \(attempt)"
    }

    /// What a leased job becomes.
    private static let afterLease = [
        "completed": "done", "failed_attempt": "ready", "failed": "failed", "released": "ready", "snoozed": "ready",
        "unheard": "ready", "lost": "ready", "quarantined": "quarantined",
    ]
}
