import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol

/// An `Acquire` that waits for work.
struct ParkedAcquire {
    let id: UInt64
    let worker: RandomID
    let kinds: Set<JobKind>
    let slots: Int
    let until: Timestamp
    let continuation: CheckedContinuation<[Transition], Never>
}

extension Coordinator {
    private static let longestWait = Duration.seconds(30)

    /// Grants work, now or when there is some.
    func grants(
        for acquire: WireAcquire,
        to session: SessionTable.Session
    ) async throws -> WireResponse.OneOf_Body {
        guard (1...256).contains(acquire.slots) else {
            throw RefusalError(.malformed, "an Acquire asks for 1 to 256 slots")
        }
        guard canGrant else { throw RefusalError.unavailable }
        let slots = Int(acquire.slots)
        let kinds = Set(session.kinds)
        // One that is cordoned off waits like one for which there is nothing to do.
        var transitions =
            isCordoned(session.incarnation)
            ? [] : dispatcher.grant(slots: slots, kinds: kinds, worker: session.incarnation, at: clock.now)
        if transitions.isEmpty, acquire.waitMilliseconds > 0 {
            let wait = min(.milliseconds(acquire.waitMilliseconds), Self.longestWait)
            transitions = await park(
                session.incarnation,
                kinds: kinds,
                slots: slots,
                until: clock.now.advanced(by: wait)
            )
        }
        let granted = try await commit(transitions).filter { $0.after.state == .leased }
        for transition in granted {
            if let lease = transition.after.lease { dispatcher.grantCommitted(lease, at: clock.now) }
        }
        var grants = WireGrants()
        for transition in granted {
            do {
                grants.grants.append(try await grant(of: transition.after))
            } catch {
                // As a grant that is lost on its way: nobody hears of it, and it goes back.
                logger.error(
                    "a grant can't be sent",
                    metadata: ["perigee.job.id": "\(transition.after.id)", "perigee.error": "\(error)"]
                )
            }
        }
        return .grants(grants)
    }

    /// Gives what is ready to those who wait for it, the first first.
    func serveParked() {
        guard !parked.isEmpty, canGrant else { return }
        var left: [ParkedAcquire] = []
        for acquire in parked {
            let transitions =
                isCordoned(acquire.worker)
                ? []
                : dispatcher.grant(
                    slots: acquire.slots,
                    kinds: acquire.kinds,
                    worker: acquire.worker,
                    at: clock.now
                )
            if transitions.isEmpty {
                left.append(acquire)
            } else {
                acquire.continuation.resume(returning: transitions)
            }
        }
        parked = left
    }

    /// Sends away those who have waited for long enough.
    func releaseParked(at now: Timestamp) {
        for acquire in parked where acquire.until <= now { acquire.continuation.resume(returning: []) }
        parked.removeAll { $0.until <= now }
    }

    /// Sends away a worker that leaves, so that no work is granted to it any more.
    func releaseParked(of worker: RandomID) {
        for acquire in parked where acquire.worker == worker { acquire.continuation.resume(returning: []) }
        parked.removeAll { $0.worker == worker }
    }

    private func park(
        _ worker: RandomID,
        kinds: Set<JobKind>,
        slots: Int,
        until: Timestamp
    ) async -> [Transition] {
        lastParkID += 1
        let id = lastParkID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                parked.append(
                    ParkedAcquire(
                        id: id,
                        worker: worker,
                        kinds: kinds,
                        slots: slots,
                        until: until,
                        continuation: continuation
                    )
                )
                if Task.isCancelled { unpark(id) }
            }
        } onCancel: {
            Task { await self.unpark(id) }
        }
    }

    private func unpark(_ id: UInt64) {
        guard let index = parked.firstIndex(where: { $0.id == id }) else { return }
        parked.remove(at: index).continuation.resume(returning: [])
    }

    private func parameters(of run: RunID) async throws -> [UInt8] {
        if let known = parameters[run] { return known }
        let found = try await store.request(of: run)?.parameters ?? []
        parameters[run] = found
        return found
    }

    private func grant(of job: Job) async throws -> WireGrant {
        var grant = WireGrant()
        if let lease = job.lease { grant.lease = WireLease(lease) }
        grant.run = job.run.rawValue
        grant.kind = job.kind.rawValue
        grant.wiki = job.wiki
        grant.shard = job.shard
        grant.parameters = Data(try await parameters(of: job.run))
        if let lease = job.lease { grant.shares = dispatcher.shares(of: lease, at: clock.now).map(WireShare.init) }
        return grant
    }
}

extension WireShare {
    init(_ share: LeaseShare) {
        self.init()
        resource = share.resource.rawValue
        requestsPerMinute = share.perMinute ?? 0
        none = share.perMinute == 0
        if let hold = share.hold { holdMilliseconds = UInt32(clamping: hold.microseconds / 1000) }
    }
}

extension WireLease {
    init(_ lease: Lease) {
        self.init()
        job = lease.job.rawValue
        attempt = lease.attempt
        leaseID = Data(lease.id.bytes)
    }
}

extension Lease {
    /// The lease that a message names.
    init(_ wire: WireLease) throws(RefusalError) {
        guard let id = RandomID(bytes: wire.leaseID) else {
            throw RefusalError(.malformed, "a lease id has \(Wire.idLength) bytes")
        }
        self.init(job: JobID(rawValue: wire.job), attempt: wire.attempt, id: id)
    }
}
