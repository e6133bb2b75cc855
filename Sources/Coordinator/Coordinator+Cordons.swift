import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

extension Coordinator {
    /// No deadline is later.
    private static let longestDrain = Duration.seconds(30 * 86_400)
    /// No more are in force at once: the table is read whole.
    private static let mostCordons = 5000

    /// Takes workers out of service: in the table first, then in memory, from which heartbeats are answered.
    func drainWorkers(_ drain: WireDrainWorkers) async throws -> WireResponse.OneOf_Body {
        let target = try Cordon.Target(drain.target)
        guard journal.isHealthy else { throw RefusalError.unavailable }
        let now = clock.now
        let note = OperatorNote(by: drain.requestedBy, drain.reason)
        let time = min(Duration.milliseconds(drain.deadlineMilliseconds.clamped), Self.longestDrain)
        let deadline = time > .zero ? now.advanced(by: time) : nil
        let wasCordoned = try await pausing.add {
            try await self.cordonOff(target, note, since: now, deadline: deadline)
        }.value
        logger.notice(
            "workers cordoned off",
            metadata: [
                "perigee.target": "\(target)", "perigee.reason": "\(note.why)", "perigee.requested_by": "\(note.who)",
            ]
        )
        return .workersTargeted(targeted(target, wasCordoned: wasCordoned))
    }

    /// Puts workers back into service.
    func resumeWorkers(_ resume: WireResumeWorkers) async throws -> WireResponse.OneOf_Body {
        let target = try Cordon.Target(resume.target)
        guard journal.isHealthy else { throw RefusalError.unavailable }
        let wasCordoned = try await pausing.add { try await self.liftCordon(target) }.value
        logger.notice("cordon lifted", metadata: ["perigee.target": "\(target)"])
        serveParked()
        return .workersTargeted(targeted(target, wasCordoned: wasCordoned))
    }

    private func cordonOff(
        _ target: Cordon.Target,
        _ note: OperatorNote,
        since now: Timestamp,
        deadline: Timestamp?
    ) async throws -> Bool {
        let before = cordons[target]
        guard before != nil || cordons.count < Self.mostCordons else {
            throw RefusalError(
                .overloaded,
                "\(Self.mostCordons) workers and hosts are drained",
                retryAfter: .seconds(60)
            )
        }
        let cordon = Cordon(
            target: target,
            since: before?.since ?? now,
            requestedBy: note.who,
            reason: note.why,
            deadline: deadline
        )
        try await store.cordonOff(cordon)
        cordons[target] = cordon
        return before != nil
    }

    private func liftCordon(_ target: Cordon.Target) async throws -> Bool {
        let before = cordons[target]
        try await store.liftCordon(target)
        cordons[target] = nil
        return before != nil
    }

    /// What a worker is to do beside its jobs, and why.
    func directive(for session: SessionTable.Session) -> (WireVerdicts.Directive, reason: String) {
        guard let cordon = cordons.cordon(worker: session.name, host: session.host) else { return (.run, "") }
        let isOver = cordon.deadline.map { $0 <= clock.now } ?? false
        let reason = cordon.reason.isEmpty ? "" : ": \(cordon.reason)"
        return (isOver ? .stop : .drain, "\(cordon.target) is drained by \(cordon.requestedBy)\(reason)")
    }

    /// Whether a worker may be granted anything.
    func isCordoned(_ worker: RandomID) -> Bool {
        sessions.session(of: worker).map { cordons.cordon(worker: $0.name, host: $0.host) != nil } ?? false
    }

    private func targeted(_ target: Cordon.Target, wasCordoned: Bool) -> WireWorkersTargeted {
        var targeted = WireWorkersTargeted()
        targeted.wasCordoned = wasCordoned
        let workers = sessions.all.filter { session in
            guard session.role == .worker else { return false }
            return switch target {
            case .worker(let name): session.name == name
            case .host(let name): session.host == name
            }
        }
        targeted.workers = workers.map { session in
            var worker = WireTargetedWorker()
            worker.name = session.name
            worker.incarnation = Data(session.incarnation.bytes)
            worker.host = session.host
            worker.leases = UInt32(clamping: dispatcher.leases(of: session.incarnation).count)
            worker.cordoned = cordons.cordon(worker: session.name, host: session.host) != nil
            return worker
        }
        return targeted
    }
}

extension Cordon.Target {
    /// The target that a message names.
    fileprivate init(_ target: WireWorkerTarget) throws(RefusalError) {
        switch (target.worker.isEmpty, target.host.isEmpty) {
        case (false, true):
            guard Identity.isValidName(target.worker) else {
                throw RefusalError(.malformed, "a worker's name has 1 to 64 characters of A-Z a-z 0-9 . _ -")
            }
            self = .worker(target.worker)
        case (true, false):
            guard target.host.unicodeScalars.count <= 255 else {
                throw RefusalError(.malformed, "a host's name has at most 255 characters")
            }
            self = .host(target.host)
        case (true, true), (false, false):
            throw RefusalError(.malformed, "name a worker or a host, and not both")
        }
    }
}

extension UInt64 {
    fileprivate var clamped: Int64 { Int64(clamping: self) }
}
