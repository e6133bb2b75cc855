import FoundationEssentials
import MariaDB

/// How a job stands in its table.
enum JobRow {
    static let columns = """
        job_id, run_id, state, kind, wiki, shard, attempt, lease_id, worker, resource, expected_items, depends_on, \
        not_before, failures, losses, checkpoint_at_loss, snoozes, last_error, counts, finished_at
        """

    /// The queries for a list of ids have one length, so that they are prepared once.
    static let idsPerQuery = 64

    static let placeholders = Array(repeating: "?", count: idsPerQuery).joined(separator: ", ")

    /// The ids as parameters, filled up with the last one.
    static func padded(_ ids: [JobID]) -> [Value] {
        let values = ids.map { Value.uint($0.rawValue) }
        guard let last = values.last else { return [] }
        return values + Array(repeating: last, count: max(0, idsPerQuery - values.count))
    }

    /// At most as many characters as the columns for people take.
    static func clipped(_ text: String, to length: Int = 1024) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(length)))
    }

    /// The counts as a JSON object.
    static func json(_ counts: [String: UInt64]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(counts), as: UTF8.self)
    }

    /// The counts that a JSON object holds.
    static func counts(_ json: [UInt8]) throws -> [String: UInt64] {
        try JSONDecoder().decode([String: UInt64].self, from: Data(json))
    }
}

extension Job {
    /// The job that a row with ``JobRow/columns`` holds.
    init(row: Row) throws {
        let dependsOn: UInt64? = try row.decode("depends_on")
        self.init(
            id: JobID(rawValue: try row.decode("job_id")),
            run: RunID(rawValue: try row.decode("run_id")),
            kind: JobKind(rawValue: try row.decode("kind")),
            wiki: try row.decode("wiki"),
            shard: try row.decode("shard"),
            resource: Resource(rawValue: try row.decode("resource")),
            expectedItems: try row.decode("expected_items"),
            dependsOn: dependsOn.map(JobID.init)
        )
        let name: String = try row.decode("state")
        guard let state = JobState(rawValue: name) else { throw UnknownJobState(job: id, state: name) }
        self.state = state
        attempt = try row.decode("attempt")
        let lease: [UInt8]? = try row.decode("lease_id")
        let worker: [UInt8]? = try row.decode("worker")
        if let lease = lease.flatMap(RandomID.init(bytes:)), let worker = worker.flatMap(RandomID.init(bytes:)) {
            holder = Holder(lease: lease, worker: worker)
        }
        notBefore = try row.decode("not_before")
        failures = try row.decode("failures")
        losses = try row.decode("losses")
        checkpointAtLoss = try row.decode("checkpoint_at_loss")
        snoozes = try row.decode("snoozes")
        lastError = try row.decode("last_error")
        finishedAt = try row.decode("finished_at")
    }
}

/// The table has a state that this version doesn't know.
struct UnknownJobState: Error, CustomStringConvertible {
    let job: JobID
    let state: String

    var description: String {
        "job \(job) has the state \(state), which this version of Perigee doesn't know: install a newer one"
    }
}
