/// A request that a ``Replier`` answers by itself, with the same bytes, so that one can find out whether it's deaf.
package enum Probe {
    /// The 16 bytes reserved for it: a zero, which isn't how a protobuf message begins, and 15 letters.
    package static let payload: [UInt8] = [0] + "nng-probe-ab4k9".utf8

    /// Connects to the replier at `address`, sends it a probe, waits for the answer and hangs up, in all at most
    /// `limit`.
    ///
    /// - Throws: ``TLSFileError``; ``NNGError``, ``NNGErrorCode/protocolError`` for another answer.
    package static func send(to address: String, tls: TLSFiles?, within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        var options = RequesterOptions()
        options.contexts = 1
        let requester = try Requester(address: address, tls: tls, options: options)
        do {
            try await requester.connect(within: .until(deadline))
            guard try await requester.request(payload, within: .until(deadline)) == payload else {
                throw NNGError(.protocolError, .answer, address: address)
            }
        } catch {
            await requester.close(within: .until(deadline))
            throw error
        }
        await requester.close(within: .until(deadline))
    }
}
