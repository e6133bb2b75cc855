import MariaDB
import TestFleet
import Testing

extension TestFleet {
    /// Records an issue for each page on which the tables and the wikis differ.
    func expectHarvest(
        equals truth: [Farm.PageKey: Farm.Page],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let harvest = try await harvest()
        let keys = Set(harvest.keys).union(truth.keys)
        let different = keys.filter { harvest[$0] != truth[$0] }.sorted { $0.description < $1.description }
        for key in different.prefix(10) {
            Issue.record(
                "\(key): the tables have \(harvest[key].debugDescription), the wiki \(truth[key].debugDescription)",
                sourceLocation: sourceLocation
            )
        }
        #expect(different.isEmpty, sourceLocation: sourceLocation)
        #expect(!truth.isEmpty, sourceLocation: sourceLocation)
    }

    /// Every module without a source says why, and every one with a source says nothing.
    func expectReasons(
        for truth: [Farm.PageKey: Farm.Page],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await rows(
            "SELECT dbname, page_id, no_source_reason FROM modules WHERE deleted_at IS NULL"
        )
        for row in rows {
            let key = Farm.PageKey(dbname: try row.decode("dbname"), pageID: try row.decode("page_id"))
            let reason: String? = try row.decode("no_source_reason")
            guard let page = truth[key] else { continue }
            let expected: String? =
                if page.contentModel != "Scribunto" { "not_scribunto" } else if page.sha1.isEmpty {
                    "text_missing"
                } else {
                    nil
                }
            #expect(reason == expected, "\(key)", sourceLocation: sourceLocation)
        }
    }

    /// No job is under way, nothing is leased, and every job is done.
    func expectAllDone(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let states = try await strings("SELECT DISTINCT state FROM jobs")
        #expect(states == ["done"], sourceLocation: sourceLocation)
        let runs = try await strings("SELECT DISTINCT state FROM runs")
        #expect(runs == ["done"], sourceLocation: sourceLocation)
        #expect(
            try await number("SELECT COUNT(*) FROM jobs WHERE lease_id IS NOT NULL") == 0,
            sourceLocation: sourceLocation
        )
    }

    /// How often each thing has happened to jobs.
    func eventCounts() async throws -> [String: Int] {
        Dictionary(
            try await rows("SELECT event, COUNT(*) AS count FROM job_events GROUP BY event")
                .map { (try $0.decode("event"), try $0.decode("count")) },
            uniquingKeysWith: +
        )
    }

    /// Waits until a worker has written a checkpoint of a job that it has still to finish.
    func middle(of worker: String) async throws {
        try await eventually("\(worker) is in the middle of a job") {
            try await number(
                """
                SELECT COUNT(*) FROM jobs JOIN checkpoints USING (job_id) JOIN workers ON incarnation = jobs.worker
                WHERE jobs.state = 'leased' AND name = ? AND items_done = 0
                """,
                [.string(worker)]
            ) > 0
        }
    }

    /// Makes the table of wikis.
    func syncWikis(from source: String, _ more: String...) async throws {
        try await perigee(["wikis", "sync", "--from", source] + more).succeeded()
    }
}

/// A part, rounded up to whole ones.
func parts(_ count: Int, of size: Int) -> Int { (count + size - 1) / size }
