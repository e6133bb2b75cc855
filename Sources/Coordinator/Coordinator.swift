import Catalog
import FoundationEssentials
import Jobs
import Logging
import MariaDB
import NNG
import Protocol

/// Answers the requests of workers and operators.
///
/// What is decided is decided in memory first, by the pure `Dispatcher` and `SessionTable`; a decision holds, and is told,
/// when the `Journal` has it in the table.
actor Coordinator {
    let settings: CoordinatorSettings
    let store: JobStore
    let keeper: TermKeeper
    let wikis: WikiTable
    let changes: WikiChanges
    let kinds: KindCatalog
    let journal: Journal
    let logger: Logger
    let clock = SteadyClock()
    let startedAt = ContinuousClock.now
    var dispatcher: Dispatcher
    var sessions: SessionTable
    var answers = AnswerCache()
    var parked: [ParkedAcquire] = []
    var lastParkID: UInt64 = 0
    var cordons = Cordons()
    var parameters = RunParameters()
    /// Runs are planned one after the other: two plans at once could both miss what the other is about to insert. What
    /// operators do with jobs goes between.
    var planning = TurnQueue()
    /// Memory and table have pauses and cordons come and go in the same order.
    var pausing = TurnQueue()
    var errors: ErrorWatch
    /// Whether the table may have jobs, or runs to be planned, that memory doesn't know of.
    var isBehind = false
    /// The pass over what is kept only for a time, while it goes on.
    var retention: Task<[RetentionSettings.Item: Int], any Error>?
    /// When the database's server was started; `nil` when it wasn't asked yet.
    var databaseStart: Timestamp?

    init(
        settings: CoordinatorSettings,
        store: JobStore,
        keeper: TermKeeper,
        wikis: WikiTable,
        changes: WikiChanges,
        kinds: KindCatalog,
        journal: Journal,
        logger: Logger
    ) {
        self.settings = settings
        self.store = store
        self.keeper = keeper
        self.wikis = wikis
        self.changes = changes
        self.kinds = kinds
        self.journal = journal
        self.logger = logger
        dispatcher = Dispatcher(
            settings: settings.dispatch,
            kinds: kinds,
            quotas: QuotaLedger(quotas: settings.quotas)
        )
        errors = ErrorWatch(settings.errors)
        sessions = SessionTable(
            workerSecrets: settings.workerSecrets,
            operatorSecrets: settings.operatorSecrets
        )
    }

    /// Whether work may be granted: it can be written, as far as anybody knows, and nobody else grants it.
    var canGrant: Bool { journal.isHealthy && !keeper.isUnsure }

    /// From when on leases are taken back: workers need time to come to a new coordinator, and one that was deposed doesn't know
    /// it at once.
    nonisolated var firstReaping: ContinuousClock.Instant {
        startedAt + settings.dispatch.lease + (store.hasDeposed ? settings.takeover : .zero)
    }

    /// The answer to one message.
    func answer(_ request: Request) async -> [UInt8] {
        guard let message = try? Wire.decode(request.payload, as: WireRequest.self),
            message.requestID.count == Wire.idLength
        else {
            logger.debug("garbage", metadata: ["perigee.peer": "\(request.remoteAddress ?? "?")"])
            return encode(refuse(.init(.malformed, "these bytes are no request of this protocol")), to: Data())
        }
        do throws(RefusalError) {
            switch message.body {
            case .hello: return encode(try welcome(), to: message.requestID)
            case .register(let register):
                return encode(try await parking(request) { await registration(register) }, to: message.requestID)
            default: return await answerInSession(message, parking: request)
            }
        } catch {
            return encode(refuse(error), to: message.requestID)
        }
    }

    private func answerInSession(_ message: WireRequest, parking request: Request) async -> [UInt8] {
        let session: SessionTable.Session
        do throws(RefusalError) {
            session = try sessions.touch(message.session, at: clock.now)
        } catch {
            return encode(refuse(error), to: message.requestID)
        }
        switch answers.begin(session: session.token, request: message.requestID, at: clock.now) {
        case .answered(let bytes):
            return bytes
        case .underWay:
            let joined = await request.parked {
                await withCheckedContinuation { continuation in
                    answers.join(session: session.token, request: message.requestID, continuation)
                }
            }
            guard let joined else { return encode(refuse(.overloaded), to: message.requestID) }
            // The first of them ended meanwhile, without effect.
            return joined.isEmpty ? encode(refuse(.unavailable), to: message.requestID) : joined
        case .new:
            let (body, isRefusal) =
                if message.body?.mayWait ?? false {
                    await request.parked { await reply(to: message, in: session) } ?? (refuse(.overloaded), true)
                } else {
                    await reply(to: message, in: session)
                }
            let bytes = encode(body, to: message.requestID)
            answers.end(
                session: session.token,
                request: message.requestID,
                answer: bytes,
                keep: !isRefusal && sessions.contains(session.token),
                at: clock.now
            )
            return bytes
        }
    }

    private func reply(
        to message: WireRequest,
        in session: SessionTable.Session
    ) async -> (WireResponse.OneOf_Body, isRefusal: Bool) {
        do {
            guard let body = message.body else { throw RefusalError(.malformed, "the request has no body") }
            guard body.role == nil || body.role == session.role else {
                throw RefusalError(.forbidden, "this is not for the role of the secret that was used")
            }
            switch body {
            case .hello, .register: throw RefusalError(.malformed, "a session can't say this")
            case .bye: return (try await farewell(to: session), false)
            case .acquire(let acquire): return (try await grants(for: acquire, to: session), false)
            case .heartbeat(let heartbeat): return (try verdicts(on: heartbeat, of: session), false)
            case .complete(let complete): return (try await outcomes(of: complete, by: session), false)
            case .fail(let fail): return (try await outcomes(of: fail, by: session), false)
            case .release(let release): return (try await outcomes(of: release, by: session), false)
            case .startRun(let start): return (try await startRun(start, requestID: message.requestID), false)
            case .getStatus: return (.status(status(parkedRequests: parked.count)), false)
            case .drainWorkers(let drain): return (try await drainWorkers(drain), false)
            case .resumeWorkers(let resume): return (try await resumeWorkers(resume), false)
            case .changeJobs(let change): return (try await changeJobs(change), false)
            case .cancelRun(let cancel): return (try await cancelRun(cancel), false)
            case .pause(let pause): return (try await self.pause(pause), false)
            case .resume(let resume): return (try await self.resume(resume), false)
            case .keepRetention(let keep): return (try await keepRetention(keep), false)
            case .purgeSources(let purge): return (try await purgeSources(purge), false)
            }
        } catch let error as RefusalError {
            return (refuse(error), true)
        } catch let error as Deposed {
            return (refuse(isOver(error)), true)
        } catch {
            logger.error("a request failed", metadata: ["perigee.error": "\(error)"])
            return (refuse(.unavailable), true)
        }
    }

    private func welcome() throws(RefusalError) -> WireResponse.OneOf_Body {
        var welcome = WireWelcome()
        welcome.nonce = try sessions.makeNonce(at: clock.now)
        welcome.software = settings.software
        welcome.protocol = Wire.version
        return .welcome(welcome)
    }

    /// Another coordinator has taken over: nothing is written any more, and the service ends.
    func isOver(_ error: Deposed) -> RefusalError {
        journal.end(error)
        return RefusalError(.deposed, error.description)
    }

    /// Has `wait` wait for the table or for work, while other requests are served.
    private func parking<Result>(
        _ request: Request,
        _ wait: () async -> Swift.Result<Result, RefusalError>
    ) async throws(RefusalError) -> Result {
        guard let result = await request.parked(wait) else { throw .overloaded }
        return try result.get()
    }

    private func registration(_ register: WireRegister) async -> Result<WireResponse.OneOf_Body, RefusalError> {
        do throws(RefusalError) {
            return .success(try await registered(register))
        } catch {
            return .failure(error)
        }
    }

    private func registered(_ register: WireRegister) async throws(RefusalError) -> WireResponse.OneOf_Body {
        let earlier = RandomID(bytes: register.incarnation).flatMap { sessions.session(of: $0) }
        let session = try sessions.register(register, at: clock.now)
        if let earlier { answers.forget(session: earlier.token) }
        if session.role == .worker {
            do {
                guard journal.isHealthy else { throw RefusalError.unavailable }
                try await store.noteWorker(session.record, at: clock.now)
            } catch let error as Deposed {
                sessions.remove(session)
                throw isOver(error)
            } catch {
                sessions.remove(session)
                throw .unavailable
            }
            dispatcher.register(session.incarnation, connections: Int(register.databaseConnections))
            logger.info(
                "worker registered",
                metadata: [
                    "perigee.worker": "\(session.name)", "perigee.host": "\(session.host)",
                    "perigee.slots": "\(session.slots)",
                ]
            )
        }
        var registered = WireRegistered()
        registered.session = session.token
        registered.role = session.role
        registered.heartbeatMilliseconds = settings.heartbeat.milliseconds
        registered.leaseMilliseconds = settings.dispatch.lease.milliseconds
        registered.firstLeaseMilliseconds = settings.dispatch.firstLease.milliseconds
        return .registered(registered)
    }

    private func refuse(_ error: RefusalError) -> WireResponse.OneOf_Body { .refusal(error.refusal) }

    private func encode(_ body: WireResponse.OneOf_Body, to requestID: Data) -> [UInt8] {
        var response = WireResponse()
        response.requestID = requestID
        response.term = store.term
        response.unsure = keeper.isUnsure
        response.body = body
        do {
            return try Wire.encode(response)
        } catch {
            logger.error("an answer is too large", metadata: ["perigee.error": "\(error)"])
            response.body = refuse(.init(.malformed, "the answer would be too large: ask for less"))
            return (try? Wire.encode(response)) ?? []
        }
    }
}

extension WireRequest.OneOf_Body {
    /// Whether the answer may have to wait for work or for the table.
    fileprivate var mayWait: Bool {
        switch self {
        case .hello, .heartbeat, .getStatus: false
        case .register, .bye, .acquire, .complete, .fail, .release, .startRun: true
        case .drainWorkers, .resumeWorkers, .changeJobs, .cancelRun, .pause, .resume: true
        case .keepRetention, .purgeSources: true
        }
    }

    /// Who may say it; `nil` for everybody who has registered.
    fileprivate var role: WireRole? {
        switch self {
        case .hello, .register, .bye: nil
        case .acquire, .heartbeat, .complete, .fail, .release: .worker
        case .startRun, .getStatus, .drainWorkers, .resumeWorkers, .changeJobs, .cancelRun, .pause, .resume: .operator
        case .keepRetention, .purgeSources: .operator
        }
    }
}

extension SessionTable.Session {
    /// The worker as its table tells of it.
    var record: WorkerRecord {
        WorkerRecord(
            incarnation: incarnation,
            name: name,
            host: host,
            processID: processID,
            software: software,
            kinds: kinds,
            slots: slots
        )
    }
}

extension Duration {
    fileprivate var milliseconds: UInt32 { UInt32(clamping: microseconds / 1000) }
}
