import Glibc
import MariaDB
import TestFleet
import Testing

/// The workers of a fleet, of which there are more and fewer.
actor Crew {
    private struct Member {
        let name: String
        let process: ChildProcess
    }

    private let fleet: TestFleet
    private let slots: @Sendable (Int) -> Int
    private var members: [Member] = []
    /// A worker has twelve seconds of grace; the machine may be slow.
    private static let endTime = Duration.seconds(30)

    /// - Parameter slots: how many the worker with this number has.
    init(of fleet: TestFleet, slots: @escaping @Sendable (Int) -> Int) {
        self.fleet = fleet
        self.slots = slots
    }

    /// Starts workers until there are so many.
    func grow(to count: Int) async throws {
        while members.count < count {
            let number = members.count + 1
            let process = try await fleet.startWorker("worker-\(number)", slots: slots(number))
            members.append(Member(name: "worker-\(number)", process: process))
        }
    }

    /// Waits until this has happened to each with a wiki's modules.
    func untilAllHave(_ event: String) async throws {
        try await eventually("\(event): all of \(members.count) workers") {
            try await fleet.number(
                """
                SELECT COUNT(DISTINCT job_events.worker) FROM job_events JOIN jobs USING (job_id)
                WHERE event = ? AND kind = 'modules'
                """,
                [.string(event)]
            ) == members.count
        }
    }

    /// Takes workers away, by turns with SIGTERM, by draining, and with kill -9.
    /// - Returns: those that were killed.
    func shrink(to count: Int) async throws -> [ChildProcess] {
        let leaving = members.dropFirst(count)
        members = Array(members.prefix(count))
        var killed: [ChildProcess] = []
        for (index, member) in leaving.enumerated() {
            switch index % 3 {
            case 0: member.process.signal(SIGTERM)
            case 1: try await fleet.perigee("workers", "drain", member.name, "--deadline", "1s").succeeded()
            default:
                member.process.signal(SIGKILL)
                killed.append(member.process)
            }
        }
        for (index, member) in leaving.enumerated() {
            let ending = try await member.process.wait(within: Self.endTime)
            #expect(ending == (index % 3 == 2 ? .killed(signal: SIGKILL) : .exited(0)), "\(member.name)")
        }
        return killed
    }

    /// Has all stop.
    func end() async throws {
        for member in members { member.process.signal(SIGTERM) }
        for member in members { #expect(try await member.process.wait(within: Self.endTime) == .exited(0)) }
    }
}
