import Glibc
import TestFleet

/// A process that is started again whenever it ends, as a service manager does it.
actor Supervised {
    private let start: @Sendable () async throws -> ChildProcess
    private var process: ChildProcess?
    private var downTime = restartTime
    private var loop: Task<Void, any Error>?
    /// How often it ended in which way, once it was up.
    private(set) var endings: [ChildProcess.Ending: Int] = [:]

    private static let restartTime = Duration.milliseconds(200)
    /// What it logs when it has begun to handle signals.
    private static let listening = "msg=\"Starting service\""

    /// Starts the process, and goes on doing so until ``end()``.
    init(start: @escaping @Sendable () async throws -> ChildProcess) async throws {
        self.start = start
        process = try await start()
        loop = Task { try await keepRunning() }
    }

    /// Kills it; it comes back after some time.
    func kill(downFor time: Duration) {
        downTime = time
        process?.signal(SIGKILL)
    }

    /// Lets it stand still for some time. If it was ended meanwhile, that is all.
    func freeze(for time: Duration) async throws {
        let frozen = process
        frozen?.signal(SIGSTOP)
        defer { frozen?.signal(SIGCONT) }
        try await Task.sleep(for: time)
    }

    /// Asks it to stop, and waits until it has; it comes back after some time.
    /// - Throws: `FleetError` when it doesn't stop.
    func terminate(within limit: Duration, downFor time: Duration) async throws {
        let asked = process
        downTime = time
        asked?.signal(SIGTERM)
        try await asked?.wait(within: limit)
    }

    /// Ends it for good.
    /// - Throws: `FleetError` when it doesn't stop.
    func end(within limit: Duration) async throws {
        loop?.cancel()
        process?.signal(SIGTERM)
        try await process?.wait(within: limit)
    }

    private func keepRunning() async throws {
        while let process {
            if let ending = process.ending {
                // Told to end before it listens for that, a program ends by the signal itself. It has nothing in hand then.
                let isEarly = ending == .killed(signal: SIGTERM) && !process.standardError.contains(Self.listening)
                if !isEarly { endings[ending, default: 0] += 1 }
                let time = downTime
                downTime = Self.restartTime
                try await Task.sleep(for: time)
                self.process = try await start()
            } else {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
