import Foundation
import Jobs
import NNG
import Protocol
import SwiftProtobuf

/// A worker that is driven by hand.
struct FakeWorker {
    let client: CoordinatorClient

    func send(_ body: WireRequest.OneOf_Body, within limit: Duration = .seconds(60)) async throws -> WireResponse {
        try await client.send(body, within: limit, parking: .seconds(30))
    }

    func acquire(_ slots: UInt32 = 1, wait: Duration = .seconds(30), within limit: Duration = .seconds(60)) async throws
        -> [WireGrant]
    {
        let response = try await send(
            .acquire(
                .with {
                    $0.slots = slots
                    $0.waitMilliseconds = UInt32(wait.components.seconds) * 1000
                }
            ),
            within: limit
        )
        guard case .grants(let grants) = response.body else { throw UnexpectedAnswer(response: response) }
        return grants.grants
    }

    /// The lease of the one job that there is.
    func lease() async throws -> WireLease {
        let grants = try await acquire()
        guard grants.count == 1 else { throw NoGrant() }
        return grants[0].lease
    }

    /// A lease that the coordinator has had a heartbeat for.
    func heardLease() async throws -> WireLease {
        let lease = try await lease()
        guard try await heartbeat([lease]) == [.held] else { throw NoGrant() }
        return lease
    }

    func heartbeat(_ leases: [WireLease], waits: [WireWait] = []) async throws -> [WireVerdict.Ruling] {
        let response = try await send(.heartbeat(heartbeatBody(leases, waits)))
        guard case .verdicts(let verdicts) = response.body, verdicts.verdicts.map(\.job) == leases.map(\.job) else {
            throw UnexpectedAnswer(response: response)
        }
        return verdicts.verdicts.map(\.ruling)
    }

    /// What it is to do as a whole, and why.
    func directive() async throws -> (WireVerdicts.Directive, String) {
        let response = try await send(.heartbeat(heartbeatBody([])))
        guard case .verdicts(let verdicts) = response.body else { throw UnexpectedAnswer(response: response) }
        return (verdicts.directive, verdicts.reason)
    }

    func complete(_ leases: WireLease..., within limit: Duration = .seconds(60)) async throws -> [WireOutcome.Ruling] {
        try await outcomes(.complete(completionBody(leases)), within: limit)
    }

    func fail(_ lease: WireLease, permanent: Bool = false, resource: String = "") async throws
        -> [WireOutcome.Ruling]
    {
        let failure = WireFailure.with {
            $0.lease = lease
            $0.message = "HTTP 500"
            $0.permanent = permanent
            $0.resource = resource
        }
        return try await outcomes(.fail(.with { $0.failures = [failure] }))
    }

    func release(_ lease: WireLease, wait: Duration = .zero, resource: String = "") async throws
        -> [WireOutcome.Ruling]
    {
        let handback = WireHandback.with {
            $0.lease = lease
            $0.reason = "maxlag"
            $0.waitMilliseconds = UInt32(wait.components.seconds) * 1000
            $0.resource = resource
        }
        return try await outcomes(.release(.with { $0.handbacks = [handback] }))
    }

    private func outcomes(_ body: WireRequest.OneOf_Body, within limit: Duration = .seconds(60)) async throws
        -> [WireOutcome.Ruling]
    {
        let response = try await send(body, within: limit)
        guard case .outcomes(let outcomes) = response.body else { throw UnexpectedAnswer(response: response) }
        return outcomes.outcomes.map(\.ruling)
    }
}

struct NoGrant: Error {}

func heartbeatBody(_ leases: [WireLease], _ waits: [WireWait] = []) -> WireHeartbeat {
    .with {
        $0.leases = leases.map { lease in .with { $0.lease = lease } }
        $0.waits = waits
    }
}

func completionBody(_ leases: [WireLease]) -> WireComplete {
    .with {
        $0.completions = leases.map { lease in
            .with {
                $0.lease = lease
                $0.counts = ["pages": 3]
            }
        }
    }
}

/// An operator who is driven by hand.
struct FakeOperator {
    let client: CoordinatorClient

    func start(_ wikis: String..., kinds: [String] = ["modules"]) async throws -> WireRunStarted {
        try await start(runBody(wikis, kinds: kinds))
    }

    func start(_ body: WireStartRun) async throws -> WireRunStarted {
        let response = try await client.send(.startRun(body), within: .seconds(60))
        guard case .runStarted(let started) = response.body else { throw UnexpectedAnswer(response: response) }
        return started
    }

    func drain(_ target: WireWorkerTarget, reason: String = "", within deadline: Duration = .zero) async throws
        -> WireWorkersTargeted
    {
        let drain = WireDrainWorkers.with {
            $0.target = target
            $0.reason = reason
            $0.deadlineMilliseconds = UInt64(deadline / .milliseconds(1))
            $0.requestedBy = "me@host"
        }
        return try await targeted(.drainWorkers(drain))
    }

    func resume(_ target: WireWorkerTarget) async throws -> WireWorkersTargeted {
        try await targeted(.resumeWorkers(.with { $0.target = target }))
    }

    private func targeted(_ body: WireRequest.OneOf_Body) async throws -> WireWorkersTargeted {
        let response = try await client.send(body, within: .seconds(60))
        guard case .workersTargeted(let targeted) = response.body else { throw UnexpectedAnswer(response: response) }
        return targeted
    }

    func status() async throws -> WireStatus {
        let response = try await client.send(.getStatus(WireGetStatus()), within: .seconds(60))
        guard case .status(let status) = response.body else { throw UnexpectedAnswer(response: response) }
        return status
    }
}

func runBody(_ wikis: [String], kinds: [String] = ["modules"]) -> WireStartRun {
    .with {
        $0.kinds = kinds
        $0.wikis = wikis
        $0.requestedBy = "me@host"
    }
}

/// A connection that says anything.
struct RawClient {
    let requester: Requester

    init(_ requester: Requester) { self.requester = requester }

    func send(_ bytes: [UInt8]) async throws -> WireResponse {
        try await requester.connectInBackground()
        return try Wire.decode(try await requester.request(bytes, within: .seconds(60)))
    }

    func send(_ request: WireRequest) async throws -> WireResponse { try await send(Wire.encode(request)) }

    func send(_ body: WireRequest.OneOf_Body?, session: Data = Data(), requestID: RandomID = .random()) async throws
        -> WireResponse
    {
        try await send(
            .with {
                $0.requestID = Data(requestID.bytes)
                $0.session = session
                $0.body = body
            }
        )
    }

    func nonce() async throws -> Data {
        let response = try await send(.hello(WireHello()))
        guard case .welcome(let welcome) = response.body else { throw UnexpectedAnswer(response: response) }
        return welcome.nonce
    }

    /// A `Register` with a good proof, but for what `change` makes of it.
    func register(
        _ nonce: Data,
        secret: Secret = Installation.workerSecret,
        incarnation: RandomID = .random(),
        _ change: (inout WireRegister) -> Void = { _ in }
    ) async throws -> WireResponse {
        var register = WireRegister.with {
            $0.nonce = nonce
            $0.name = "raw"
            $0.incarnation = Data(incarnation.bytes)
            $0.protocol = Wire.version
            $0.kinds = ["modules"]
            $0.slots = 4
            $0.proof = Data(secret.proof(nonce: Array(nonce), incarnation: incarnation.bytes, name: "raw"))
        }
        change(&register)
        return try await send(.register(register))
    }

    /// The token of a new session.
    func session(_ secret: Secret = Installation.workerSecret) async throws -> Data {
        let response = try await register(try await nonce(), secret: secret)
        guard case .registered(let registered) = response.body else { throw UnexpectedAnswer(response: response) }
        return registered.session
    }
}

extension WireResponse {
    /// The code of a refusal.
    var refusalCode: WireRefusal.Code? {
        if case .refusal(let refusal) = body { refusal.code } else { nil }
    }

    /// The rulings of outcomes.
    var rulings: [WireOutcome.Ruling]? {
        if case .outcomes(let outcomes) = body { outcomes.outcomes.map(\.ruling) } else { nil }
    }
}
