import FoundationEssentials
import TestFleet

/// What there is to tell of a run.
struct ChaosReport: Sendable {
    let seed: UInt64
    let duration: Duration
    let record: Chaos.Record
    let runs: Int
    let unansweredRuns: Int
    let edits: Int
    let events: [String: Int]
    let states: [String: Int]
    let terms: Int
    /// How often transactions were tried again, by error code; how often workers gave up a lease, or a transaction.
    let log: LogCounts
    let rows: ResultTables
    let differences: Int

    var text: String {
        let faults = record.inflicted.values.reduce(0, +)
        var lines = [
            "chaos, seed \(seed): \(faults) faults in \(duration.components.seconds) s, \(differences) differences"
        ]
        for kind in Fault.Kind.allCases { lines.append(Self.line(kind.rawValue, record.inflicted[kind] ?? 0)) }
        lines.append(Self.line("(came to nothing)", record.missed.count))
        lines += record.missed.prefix(5).map { "    \($0.prefix(200))" }
        lines.append("  runs \(runs), not answered \(unansweredRuns), edits \(edits), terms \(terms)")
        lines.append("  jobs: \(Self.list(states))")
        lines.append("  events: \(Self.list(events))")
        lines.append("  transactions tried again, by error code: \(Self.list(log.retries))")
        lines.append(
            "  \(log.retriesOfUnknownOutcome) of these while nobody knew whether an earlier COMMIT had been done"
        )
        lines.append("  given up by a worker: \(Self.list(log.brokenOff))")
        lines.append(
            """
              rows compared: wikis \(rows.wikis.count), modules \(rows.modules.count), \
            module_sources \(rows.sources.count), module_history \(rows.history.count)
            """
        )
        return lines.joined(separator: "\n")
    }

    private static func line(_ name: String, _ count: Int) -> String {
        "  \(name)\(String(repeating: " ", count: max(1, 44 - name.count)))\(count)"
    }

    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}

/// What the logs of all processes of a fleet have of trouble.
struct LogCounts: Sendable {
    private(set) var retries: [String: Int] = [:]
    private(set) var retriesOfUnknownOutcome = 0
    private(set) var brokenOff: [String: Int] = [:]

    init(of fleet: TestFleet) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: fleet.directory) where name.hasSuffix(".err") {
            let data = FileManager.default.contents(atPath: "\(fleet.directory)/\(name)") ?? Data()
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") { count(line) }
        }
    }

    private mutating func count(_ line: Substring) {
        if line.contains("msg=\"transaction is tried again\"") {
            retries[String(Self.value("mariadb.error.code", in: line)), default: 0] += 1
            if line.contains("mariadb.outcome=unknown") { retriesOfUnknownOutcome += 1 }
        } else if line.contains("msg=\"job broken off\"") {
            let why =
                if line.contains(" lease ") { "fence: lease over" } else if line.contains("forgotten a commit") {
                    "commit forgotten"
                } else if line.contains("database error") {
                    "database error \(Self.word(after: "database error ", in: line))"
                } else if line.contains("ancel") {
                    "lease or process over"
                } else if line.contains("Stopping") {
                    "worker stops"
                } else {
                    "other"
                }
            brokenOff[why, default: 0] += 1
        }
    }

    private static func value(_ key: String, in line: Substring) -> Substring { word(after: " \(key)=", in: line) }

    private static func word(after text: String, in line: Substring) -> Substring {
        guard let range = line.firstRange(of: text) else { return "?" }
        return line[range.upperBound...].prefix { $0.isLetter || $0.isNumber }
    }
}
