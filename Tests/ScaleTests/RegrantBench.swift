import FoundationEssentials
import Glibc
import MariaDB
import PrivateMariaDB
import TestFleet
import Testing

/// How long a job is nobody's when its worker goes, in whatever way, or is parted from it. `ops/bench/regrant` runs it.
@Suite(.enabled(if: BenchOptions.repeats != nil, "a bench: ops/bench/regrant"), .timeLimit(.minutes(60)))
struct RegrantBench {
    private enum Parting: String, CaseIterable {
        case killed = "kill -9"
        case frozen = "SIGSTOP"
        case terminated = "SIGTERM"
        case drained = "workers drain --deadline 5s"
        case released = "jobs release"
    }

    private static let drainDeadline = 5
    /// As it is when nobody says otherwise.
    private static let firstLease = max(2 * BenchOptions.heartbeat, BenchOptions.lease / 3)

    @Test func timeToGrantAgain() async throws {
        let repeats = try #require(BenchOptions.repeats)
        print("heartbeat \(BenchOptions.heartbeat) s, lease \(BenchOptions.lease) s, \(repeats) times each; seconds")
        print("\("what happens".padded(27))  least  median   most  median / lease  wikis asked by two at once")
        for parting in Parting.allCases {
            var (times, crowded) = try await measure(parting, repeats)
            times.sort()
            let median = (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
            print(
                parting.rawValue.padded(27),
                times[0].rounded(to: 2).padded(5),
                median.rounded(to: 2).padded(6),
                times[times.count - 1].rounded(to: 2).padded(5),
                (median / Double(BenchOptions.lease)).rounded(to: 2).padded(14),
                "\(crowded)".padded(26),
                separator: "  "
            )
        }
    }

    /// As many workers as repeats have a job each, and lose it one after the other; one that has nothing to do waits for these.
    /// - Returns: from what happened until the grant, in seconds, where what an operator asks for happens when the command begins;
    ///   and how many wikis had two requests at once.
    private func measure(_ parting: Parting, _ repeats: Int) async throws -> (times: [Double], crowded: Int) {
        // A job takes minutes here: it is in its middle all the time.
        let wikis = try SlowWikis(repeats, modules: 5000, delay: .milliseconds(300), listSize: 1)
        let server = try await PrivateMariaDB.start()
        var times: [Double] = []
        let settings = [
            "coordinator.heartbeat_seconds": "\(BenchOptions.heartbeat)",
            "coordinator.lease_seconds": "\(BenchOptions.lease)",
            "coordinator.first_lease_seconds": "\(Self.firstLease)", "politeness.site_in_flight": "\(2 * repeats)",
        ]
        try await TestFleet.with(settings, on: server) { fleet in
            _ = try await fleet.startCoordinator()
            var holders: [ChildProcess] = []
            for number in 0..<repeats { holders.append(try await fleet.startWorker("holder-\(number)", slots: 1)) }
            try await fleet.syncWikis(of: wikis)
            try await fleet.perigee("run", "modules").succeeded()
            let held = "SELECT COUNT(*) FROM jobs JOIN checkpoints USING (job_id) WHERE jobs.state = 'leased'"
            try await eventually("all hold a job") { try await fleet.number(held) == repeats }
            _ = try await fleet.startWorker("heir", slots: repeats)
            try await eventually("the heir waits") {
                try await fleet.number("SELECT COUNT(*) FROM workers WHERE name = 'heir'") == 1
            }
            // All leases have been renewed, so that none is the shorter first one.
            try await Task.sleep(for: .seconds(2 * BenchOptions.heartbeat))
            var begun: [(job: Int, at: Date)] = []
            for (number, holder) in holders.enumerated() {
                let job = try await fleet.number(
                    "SELECT job_id FROM jobs JOIN workers ON incarnation = worker WHERE jobs.state = 'leased' AND pid = ?",
                    [.int(Int64(holder.id))]
                )
                // At any moment between two heartbeats.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<500 * BenchOptions.heartbeat)))
                begun.append((job, Date()))
                try await inflict(parting, on: holder, number: number, job: job, fleet)
            }
            for (job, at) in begun {
                let granted = "SELECT at FROM job_events WHERE job_id = ? AND event = 'granted' AND at > ? LIMIT 1"
                let moment = Timestamp(microseconds: Int64(at.timeIntervalSince1970 * 1e6))
                let again = try await eventually("job \(job) is granted again", within: .seconds(300)) {
                    try await fleet.rows(granted, [.int(Int64(job)), .datetime(moment)]).first
                }
                let time: Timestamp = try again.decode(at: 0)
                times.append(Double(time.microseconds) / 1e6 - at.timeIntervalSince1970)
            }
        }
        try await server.stop()
        return (times, wikis.counts.crowded.count)
    }

    private func inflict(
        _ parting: Parting,
        on holder: ChildProcess,
        number: Int,
        job: Int,
        _ fleet: TestFleet
    ) async throws {
        switch parting {
        case .killed: holder.signal(SIGKILL)
        case .frozen: holder.signal(SIGSTOP)
        case .terminated: holder.signal(SIGTERM)
        case .drained:
            let deadline = "\(Self.drainDeadline)s"
            try await fleet.perigee("workers", "drain", "holder-\(number)", "--deadline", deadline).succeeded()
        case .released: try await fleet.perigee("jobs", "release", "\(job)").succeeded()
        }
    }
}
