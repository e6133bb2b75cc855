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
        try check(request)
        let wikis = try await wikiFacts(for: request)
        let drafts: [Planner.Draft]
        do {
            drafts = try Planner(kinds: kinds).drafts(
                kinds: request.kinds,
                wikis: wikis,
                parameters: request.parameters
            )
        } catch let error as InvalidParameters {
            throw RunRefused.badParameters(error)
        }
        guard !drafts.isEmpty else { throw RunRefused.nothingToDo }
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

    private func check(_ request: RunRequest) throws {
        guard !request.kinds.isEmpty else { throw RunRefused.nothingToDo }
        for kind in request.kinds {
            guard let spec = kinds[kind] else {
                throw RunRefused.unknownKind(kind.rawValue, known: kinds.kinds.map(\.rawValue))
            }
            do {
                try spec.checkParameters(request.parameters)
            } catch let error as InvalidParameters {
                throw RunRefused.badParameters(error)
            }
        }
    }

    private func wikiFacts(for request: RunRequest) async throws -> [WikiFacts] {
        let needed = request.kinds.contains { kinds[$0]?.scope != .fleet }
        guard needed else { return [] }
        let records = try await wikis.harvestable(named: request.wikis, family: request.family)
        let found = Set(records.map(\.dbname))
        let missing = request.wikis.filter { !found.contains($0) }
        guard missing.isEmpty else { throw try await whyLeftOut(missing, family: request.family) }
        return records.map(WikiFacts.init)
    }
}

extension WikiFacts {
    init(_ record: WikiRecord) {
        self.init(
            dbname: record.dbname,
            site: record.site,
            family: record.family,
            isPrivate: record.isPrivate,
            knownModules: UInt64(clamping: record.knownModules)
        )
    }
}

extension Coordinator {
    /// Why some of the wikis that were named can't be worked on: the reason of the first, and all that have the same.
    private func whyLeftOut(_ names: [String], family: String?) async throws -> RunRefused {
        var reasons: [String?] = []
        // So many names make a message long enough.
        for name in names.prefix(20) {
            let record = try await wikis.record(name)
            reasons.append(
                record.map { record in
                    if record.isPrivate { return "they are private" }
                    if record.vanishedAt != nil { return "their list of wikis names them no more" }
                    return "they aren't of the family \(family ?? "")"
                }
            )
        }
        let why = reasons.contains(nil) ? nil : reasons[0]
        let same = zip(names, reasons).filter { $1 == why }.map(\.0)
        return why.map { .wikisLeftOut(same, why: $0) } ?? .unknownWikis(same)
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
