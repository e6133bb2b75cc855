import Catalog
import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

extension Coordinator {
    /// Plans what an operator asked for.
    func startRun(_ start: WireStartRun, requestID: Data) async throws -> WireResponse.OneOf_Body {
        guard let requestID = RandomID(bytes: requestID) else { throw RefusalError(.malformed, "no request id") }
        let request = RunRequest(
            kinds: start.kinds.uniqued().map(JobKind.init(rawValue:)),
            wikis: start.wikis,
            family: start.family.isEmpty ? nil : start.family,
            parameters: Array(start.parameters),
            requestedBy: start.requestedBy,
            requestID: requestID
        )
        do {
            return .runStarted(try await planInTurn(request))
        } catch let refused as RunRefused {
            throw RefusalError(refused)
        }
    }

    /// Plans the runs that an earlier coordinator, or an outage of the database, left half planned.
    func planLeftovers() async throws {
        for run in try await store.unplannedRuns() {
            guard let request = try await store.request(of: run) else { continue }
            do {
                _ = try await inTurn { try await $0.plan(request) }
            } catch let refused as RunRefused {
                logger.error(
                    "a run that was left half planned can't be planned any more",
                    metadata: ["perigee.run.id": "\(run)", "perigee.error": "\(refused)"]
                )
                try await store.abandon(run, at: clock.now)
            } catch let over as NoMorePlanning {
                // An operator was quicker.
                logger.notice("a run isn't planned any further", metadata: ["perigee.run.id": "\(over.run)"])
            }
        }
    }

    /// Brings memory to what the table has where planning was broken off by an error, or where the database has forgotten
    /// what was written last: runs that are half planned, and jobs that memory doesn't have, or has no more.
    func catchUp() async throws {
        guard isBehind, journal.isHealthy else { return }
        isBehind = false
        do {
            try await planLeftovers()
            var unknown: [JobID] = []
            try await forEachActiveJob { if dispatcher.job($0.id) == nil { unknown.append($0.id) } }
            // The end of some may have been on its way to the table. What isn't written now never will be.
            try await journal.flush()
            for job in try await store.jobs(unknown) where dispatcher.job(job.id) == nil {
                dispatcher.load(job, at: clock.now)
            }
            try await endDependencies()
        } catch {
            isBehind = true
            throw error
        }
        serveParked()
    }

    private func planInTurn(_ request: RunRequest) async throws -> WireRunStarted {
        try await inTurn { coordinator in
            if let earlier = try await coordinator.store.earlierRun(of: request.requestID) {
                return WireRunStarted(earlier.id, planned: earlier.planned, joined: earlier.joined)
            }
            let planned = try await coordinator.plan(request)
            return WireRunStarted(planned.id, planned: planned.jobs.count, joined: planned.joined)
        }
    }

    /// Plans, and does what operators want with jobs, one after the other.
    func inTurn<Result: Sendable>(
        _ body: @escaping @Sendable (isolated Coordinator) async throws -> Result
    ) async throws -> Result {
        try await planning.add { try await body(self) }.value
    }

    private func plan(_ request: RunRequest) async throws -> PlannedRun {
        let drafts = try await RunDrafting(wikis: wikis, kinds: kinds).drafts(for: request).map(\.draft)
        let run = try await store.createRun(request, at: clock.now)
        let planned: PlannedRun
        do {
            planned = try await store.plan(run, drafts: drafts, at: clock.now)
            for job in try await store.jobs(planned.jobs) where dispatcher.job(job.id) == nil {
                dispatcher.load(job, at: clock.now)
            }
            // What they depend on may have ended between its being read and now.
            if !dispatcher.waitingJobs.isEmpty { try await endDependencies() }
        } catch {
            isBehind = !(error is NoMorePlanning) || isBehind
            throw error
        }
        logger.info(
            "run planned",
            metadata: [
                "perigee.run.id": "\(run)", "perigee.jobs.planned": "\(planned.jobs.count)",
                "perigee.jobs.joined": "\(planned.joined)", "perigee.requested_by": "\(request.requestedBy)",
            ]
        )
        serveParked()
        return planned
    }
}

extension WireRunStarted {
    fileprivate init(_ run: RunID, planned: Int, joined: Int) {
        self.init()
        self.run = run.rawValue
        jobsPlanned = UInt64(planned)
        jobsJoined = UInt64(joined)
    }
}

extension [String] {
    /// Each once, in the order in which they come first.
    fileprivate func uniqued() -> [String] {
        var seen = Set<String>()
        return filter { seen.insert($0).inserted }
    }
}

extension RefusalError {
    fileprivate init(_ refused: RunRefused) {
        let code: WireRefusal.Code =
            switch refused {
            case .unknownKind: .unknownKind
            case .unknownWikis: .unknownWiki
            case .wikisLeftOut: .nothingToDo
            case .badParameters: .malformed
            case .nothingToDo: .nothingToDo
            }
        self.init(code, refused.description)
    }
}
