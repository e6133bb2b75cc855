import Concurrency
import Foundation
import Logging
import NNG
import Protocol
import SwiftProtobuf

/// A replier that answers as a test wants it to, and remembers what it was asked.
final class ScriptedCoordinator: Sendable {
    /// What is answered to a request.
    enum Answer: Sendable {
        case body(WireResponse.OneOf_Body)
        /// Any bytes.
        case bytes([UInt8])
        /// A response with another request's id.
        case misdirected(WireResponse.OneOf_Body)
        /// Nothing, until the replier is stopped.
        case silence

        static func refusal(_ code: WireRefusal.Code, retryAfter milliseconds: UInt32 = 0) -> Answer {
            .body(
                .refusal(
                    .with {
                        $0.code = code
                        $0.message = "for a test"
                        $0.retryAfterMilliseconds = milliseconds
                    }
                )
            )
        }
    }

    /// Answers the request with this number (from 0) of those after the handshakes.
    typealias Script = @Sendable (_ number: Int, _ request: WireRequest) -> Answer

    static let secret = Secret("a secret of a test".utf8)
    static let silentAcquire = WireRequest.OneOf_Body.acquire(.with { $0.slots = 1 })

    private struct State {
        var requests: [WireRequest] = []
        var registered: [WireRegister] = []
        var proofsFit = true
    }

    private let state = Lock(State())
    private let script: Script
    private let term: UInt64
    /// Whether it says that another may have taken over.
    let isUnsure = Lock(false)
    /// Whether it isn't to be found just now.
    let isAway = Lock(false)
    private let nonce = Data(repeating: 7, count: 16)

    private init(_ script: @escaping Script, term: UInt64 = 5) {
        self.script = script
        self.term = term
    }

    /// The requests, without those of handshakes.
    var requests: [WireRequest] { state.withLock { $0.requests } }
    var registrations: [WireRegister] { state.withLock { $0.registered } }
    /// Whether each registration had a proof of the secret.
    var proofsFit: Bool { state.withLock { $0.proofsFit } }

    /// Runs `body` with a client of a scripted coordinator.
    static func run(
        _ script: @escaping Script,
        tryTime: Duration = .seconds(60),
        _ body: (CoordinatorClient, ScriptedCoordinator) async throws -> Void
    ) async throws {
        let coordinator = ScriptedCoordinator(script)
        let replier = try await Replier.listen(on: "inproc://\(UUID().uuidString)", tls: nil)
        async let running: Void = replier.run { await coordinator.answer($0.payload) }
        let client = try client(of: replier.boundAddress, tryTime: tryTime)
        let result: Result<Void, any Error>
        do { result = .success(try await body(client, coordinator)) } catch { result = .failure(error) }
        await client.leave(within: .seconds(2))
        await replier.stop(within: .seconds(5))
        try await running
        try result.get()
    }

    /// Runs `body` with two coordinators, the second of a later term, and a client that has the addresses of both, and that of
    /// nobody before them.
    static func runTwo(
        _ first: @escaping Script,
        _ second: @escaping Script,
        tryTime: Duration = .seconds(60),
        _ body: (CoordinatorClient, [ScriptedCoordinator]) async throws -> Void
    ) async throws {
        let coordinators = [ScriptedCoordinator(first), ScriptedCoordinator(second, term: 6)]
        var repliers: [Replier] = []
        for _ in coordinators {
            repliers.append(try await Replier.listen(on: "inproc://\(UUID().uuidString)", tls: nil))
        }
        async let one: Void = repliers[0].run { [coordinators] in await coordinators[0].answer($0.payload) }
        async let other: Void = repliers[1].run { [coordinators] in await coordinators[1].answer($0.payload) }
        let addresses = ["inproc://\(UUID().uuidString)"] + repliers.map(\.boundAddress)
        let client = try client(of: addresses, tryTime: tryTime)
        let result: Result<Void, any Error>
        do { result = .success(try await body(client, coordinators)) } catch { result = .failure(error) }
        await client.leave(within: .seconds(2))
        for replier in repliers { await replier.stop(within: .seconds(5)) }
        _ = try await (one, other)
        try result.get()
    }

    static func client(of address: String, tryTime: Duration = .seconds(60)) throws -> CoordinatorClient {
        try client(of: [address], tryTime: tryTime)
    }

    static func client(of addresses: [String], tryTime: Duration = .seconds(60)) throws -> CoordinatorClient {
        try CoordinatorClient(
            addresses: addresses,
            tls: nil,
            identity: Identity(
                name: "tester",
                incarnation: [UInt8](repeating: 9, count: 16),
                software: "1",
                schema: 1,
                kinds: ["modules"],
                slots: 3
            ),
            secret: secret,
            tryTime: tryTime,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func answer(_ payload: [UInt8]) async -> [UInt8] {
        guard let request = try? Wire.decode(payload, as: WireRequest.self) else { return [] }
        let answer = decide(request)
        var response = WireResponse()
        response.requestID = request.requestID
        response.term = term
        response.unsure = isUnsure.withLock { $0 }
        switch answer {
        case .body(let body): response.body = body
        case .bytes(let bytes): return bytes
        case .misdirected(let body):
            response.requestID = Data(repeating: 0xee, count: 16)
            response.body = body
        case .silence:
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            for await _ in stream {}
            continuation.finish()
        }
        return (try? Wire.encode(response)) ?? []
    }

    private func decide(_ request: WireRequest) -> Answer {
        switch request.body {
        case .hello:
            if isAway.withLock({ $0 }) { return .bytes([]) }
            return .body(
                .welcome(
                    .with {
                        $0.nonce = nonce
                        $0.software = "test"
                        $0.protocol = 1
                    }
                )
            )
        case .register(let register):
            let fits = Self.secret.accepts(
                Array(register.proof),
                nonce: Array(nonce),
                incarnation: Array(register.incarnation),
                name: register.name
            )
            let number = state.withLock { state -> Int in
                state.registered.append(register)
                state.proofsFit = state.proofsFit && fits
                return state.registered.count
            }
            return .body(
                .registered(
                    .with {
                        $0.session = Data(repeating: UInt8(number), count: 32)
                        $0.role = .worker
                        $0.heartbeatMilliseconds = 5000
                        $0.leaseMilliseconds = 45_000
                        $0.firstLeaseMilliseconds = 15_000
                    }
                )
            )
        case .bye: return .body(.farewell(WireFarewell()))
        default:
            let number = state.withLock { state -> Int in
                state.requests.append(request)
                return state.requests.count - 1
            }
            return script(number, request)
        }
    }
}
