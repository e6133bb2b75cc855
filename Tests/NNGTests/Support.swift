import Certificates
import Concurrency
import Foundation
import NNG
import Testing

/// How the two ends of a test are joined.
enum Transport: CaseIterable, CustomTestStringConvertible {
    case inproc, tls

    var testDescription: String { self == .tls ? "tls" : "inproc" }

    var address: String { self == .tls ? "tls+tcp://127.0.0.1:0" : "inproc://\(UUID().uuidString)" }

    var replierFiles: TLSFiles? {
        get async throws { self == .tls ? try await Certificates.shared.files("localhost") : nil }
    }

    var requesterFiles: TLSFiles? {
        get async throws { self == .tls ? try await Certificates.shared.files("worker1") : nil }
    }
}

typealias Handler = @Sendable (Request) async -> [UInt8]

/// Runs `body` while a replier answers with `handler`.
func withReplier<Result>(
    _ transport: Transport = .tls,
    address: String? = nil,
    files: TLSFiles? = nil,
    options: ReplierOptions = ReplierOptions(),
    handler: @escaping Handler = { $0.payload },
    _ body: (Replier) async throws -> Result
) async throws -> Result {
    let ownFiles = try await transport.replierFiles
    let replierFiles = files ?? ownFiles
    let replier = try await Replier.listen(
        on: address ?? transport.address,
        tls: replierFiles,
        options: options
    )
    async let running: Void = replier.run(handler)
    do {
        let result = try await body(replier)
        await replier.stop(within: .seconds(5))
        try await running
        return result
    } catch {
        await replier.stop(within: .seconds(5))
        throw error
    }
}

/// Runs `body` with a requester that is connected to a replier that answers with `handler`.
func withPair<Result>(
    _ transport: Transport,
    options: ReplierOptions = ReplierOptions(),
    requesterOptions: RequesterOptions = RequesterOptions(),
    handler: @escaping Handler = { $0.payload },
    _ body: (Requester, Replier) async throws -> Result
) async throws -> Result {
    try await withReplier(transport, options: options, handler: handler) { replier in
        let requester = try await Requester(
            address: replier.boundAddress,
            tls: transport.requesterFiles,
            options: requesterOptions
        )
        try await requester.connect(within: .seconds(30))
        let result = try await body(requester, replier)
        await requester.close(within: .seconds(5))
        return result
    }
}

/// Waits until `condition` holds; the suite's time limit bounds it.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(2)) }
}

/// A gate that is closed until it's opened, then open for ever.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    /// Returns when the gate is open or the task cancelled.
    func pass() async { for await _ in stream {} }
}

/// A number that many tasks change.
final class Counter: Sendable {
    private let state = Lock((now: 0, highest: 0))

    var value: Int { state.withLock { $0.now } }
    var highest: Int { state.withLock { $0.highest } }

    func add(_ difference: Int) {
        state.withLock { state in
            state.now += difference
            state.highest = max(state.highest, state.now)
        }
    }
}

extension Int {
    /// Its bytes, as a message.
    var message: [UInt8] { withUnsafeBytes(of: bigEndian) { [UInt8]($0) } }
}

/// The error that `body` throws.
func errorOf(_ body: () async throws -> Void) async throws -> NNGError {
    do { try await body() } catch let error as NNGError { return error }
    throw NoError()
}

struct NoError: Error {}

extension Requester {
    /// A request with all the time that it may need.
    func ask(_ payload: [UInt8]) async throws -> [UInt8] { try await request(payload, within: .seconds(60)) }
}
