import Concurrency
import FoundationEssentials
import NNG

/// One address that a coordinator may have, with a socket of its own.
final class Endpoint: Sendable {
    let address: String
    private let tls: TLSFiles?
    private let open: Lock<Requester?>

    /// - Throws: `NNGError` when the address or the TLS files can't be used.
    init(address: String, tls: TLSFiles?) throws {
        self.address = address
        self.tls = address.hasPrefix("tls+tcp://") ? tls : nil
        open = Lock(try Self.requester(address, self.tls))
    }

    private static func requester(_ address: String, _ tls: TLSFiles?) throws -> Requester {
        var options = RequesterOptions()
        options.maximumMessageSize = Wire.maximumMessageSize
        return try Requester(address: address, tls: tls, options: options)
    }

    private func requester() throws -> Requester {
        try open.withLock { requester in
            if let requester { return requester }
            let new = try Self.requester(address, tls)
            requester = new
            return new
        }
    }

    /// Whether there is a connection at the moment.
    var isConnected: Bool { open.withLock { $0 }?.isConnected ?? false }

    /// Connects, so that what is wrong shows itself.
    /// - Throws: as `Requester.connect(within:)`.
    func connect(within limit: Duration) async throws { try await requester().connect(within: limit) }

    /// Connects in the background, for as long as it takes.
    func connectInBackground() async throws { try await requester().connectInBackground() }

    /// Gives up the connection, which would be made again at ever longer intervals, and all requests on it.
    func reset() {
        Task { await close(within: .seconds(2)) }
    }

    func close(within limit: Duration) async {
        let requester = open.withLock { requester in
            defer { requester = nil }
            return requester
        }
        await requester?.close(within: limit)
    }

    /// Connects and asks for a nonce.
    /// - Throws: as ``connect(within:)`` and ``exchange(_:within:)``.
    func hello(within limit: Duration) async throws -> (welcome: WireWelcome, term: UInt64) {
        let deadline = ContinuousClock.now + limit
        try await connect(within: limit)
        var request = WireRequest()
        request.requestID = Data(Wire.randomID())
        request.body = .hello(WireHello())
        let response = try await exchange(request, within: deadline - .now)
        guard case .welcome(let welcome) = response.body, welcome.nonce.count == Wire.idLength else {
            throw surprise()
        }
        return (welcome, response.term)
    }

    /// Sends a request once.
    /// - Throws: ``CoordinatorError``; `CancellationError`.
    func exchange(_ request: WireRequest, within limit: Duration) async throws -> WireResponse {
        let payload = try Wire.encode(request)
        let answer: [UInt8]
        do {
            answer = try await requester().request(payload, within: max(limit, .milliseconds(1)))
        } catch {
            try Task.checkCancellation()
            throw unreachable("\(error)")
        }
        guard let response = try? Wire.decode(answer, as: WireResponse.self),
            response.requestID.count == Wire.idLength
        else { throw CoordinatorError(.notACoordinator, address: address, detail: "its answer is not of the protocol") }
        guard response.requestID == request.requestID else {
            throw unreachable("its answer was one to another request")
        }
        if case .refusal(let refusal) = response.body { throw CoordinatorError(refusal, address: address) }
        return response
    }

    func unreachable(_ detail: String) -> CoordinatorError {
        CoordinatorError(.unreachable, address: address, detail: detail)
    }

    func surprise() -> CoordinatorError {
        CoordinatorError(.notACoordinator, address: address, detail: "its answer is not one to the question")
    }
}
