import FoundationEssentials
import MariaDB
import TestFleet

extension TestFleet {
    /// Makes the table of wikis.
    func syncWikis(of wikis: SlowWikis) async throws {
        let file = "\(directory)/wikis.tsv"
        try Data(wikis.list.utf8).write(to: URL(filePath: file))
        try await perigee("wikis", "sync", "--from", file).succeeded()
    }

    /// How many events of a kind there were with the jobs of a process.
    func events(_ name: String, of worker: ChildProcess) async throws -> Int {
        try await number(
            """
            SELECT COUNT(*) FROM job_events JOIN workers ON incarnation = worker WHERE pid = ? AND event = ?
            """,
            [.int(Int64(worker.id)), .string(name)]
        )
    }

    /// How many events there were, by name.
    func eventCounts() async throws -> [String: Int] {
        Dictionary(
            try await rows("SELECT event, COUNT(*) FROM job_events GROUP BY event")
                .map { (try $0.decode(at: 0), try $0.decode(at: 1)) },
            uniquingKeysWith: +
        )
    }
}
