import TestFleet

/// What goes on while things go wrong: runs, one after the other, and edits of the wikis.
actor Workload {
    private let fleet: TestFleet
    private let farm: Farm
    private let seed: UInt64
    private var running: Task<Void, Never>?
    private var editing: Task<Void, any Error>?
    /// The runs that the coordinator has taken, and those of which nobody answered.
    private(set) var runs = (taken: 0, refused: 0)
    private(set) var edits = 0

    init(_ fleet: TestFleet, on farm: Farm, seed: UInt64) {
        self.fleet = fleet
        self.farm = farm
        self.seed = seed
    }

    /// Starts runs until ``end()``.
    func begin() {
        running = Task { while !Task.isCancelled { await startRun() } }
    }

    /// Edits the wikis beside all else, when the last edits have been made.
    func edit() {
        let last = editing
        edits += 1
        let number = Int(seed % 1_000_000) * 1000 + edits
        editing = Task { [farm] in
            try await last?.value
            _ = try await farm.edit(count: 18, seed: number)
        }
    }

    /// Starts nothing more, and waits for what it has started.
    /// - Throws: what kept the wikis from being edited.
    func end() async throws {
        running?.cancel()
        await running?.value
        try await editing?.value
    }

    private func startRun() async {
        let isSync = (runs.taken + runs.refused) % 4 == 3
        let command = isSync ? ["wikis", "sync", "--from", farm.wikisFile] : ["run", "modules"]
        let output = try? await fleet.perigee(command)
        if output?.code == 0 { runs.taken += 1 } else { runs.refused += 1 }
        // The next run is to find some of the last one's jobs under way now and then.
        let end = ContinuousClock.now + .seconds(8)
        while !Task.isCancelled, ContinuousClock.now < end {
            if let active = try? await fleet.activeJobs(), active == 0 { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension TestFleet {
    func activeJobs() async throws -> Int { try await number("SELECT COUNT(*) FROM jobs WHERE active = 1") }
}
