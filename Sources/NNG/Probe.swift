/// A request that a ``Replier`` answers by itself, with the same bytes, so that one can find out whether it's deaf; and
/// whether nng still closes connections, by closing that of the probe.
///
/// The thread of nng 1.5.2 that takes down connections may get stuck, for the whole process and for good, when a
/// connection ends while something is being sent over it. Connections that stand go on then, but those that end stay in memory, and dialers that have lost theirs don't connect again:
/// the process has to be started anew.
package enum Probe {
    /// The 16 bytes reserved for it: a zero, which isn't how a protobuf message begins, and 15 letters.
    package static let payload: [UInt8] = [0] + "nng-probe-ab4k9".utf8

    /// Connects to the replier at `address`, sends it a probe, waits for the answer and hangs up, in all at most
    /// `limit`.
    ///
    /// - Throws: ``TLSFileError``; ``NNGError``, ``NNGErrorCode/protocolError`` for another answer, and
    ///   ``NNGErrorCode/timedOut`` in ``NNGError/Operation/close`` when the process has to be started anew.
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
        guard await requester.close(within: .until(deadline)) else {
            throw NNGError(.timedOut, .close, address: address)
        }
    }

    /// Finds out whether nng still closes connections, without another process: to be called now and then where
    /// there's no ``Replier`` to probe.
    ///
    /// - Throws: ``NNGError``, ``NNGErrorCode/timedOut`` when the process has to be started anew.
    package static func sendToSelf(within limit: Duration) async throws {
        let address = "inproc://nng-probe-\(UInt64.random(in: 0...UInt64.max))"
        var options = ReplierOptions()
        options.contexts = 1
        let replier = try await Replier.listen(on: address, tls: nil, options: options)
        async let running: Void = replier.run { _ in [] }
        do {
            try await send(to: address, tls: nil, within: limit)
        } catch {
            await replier.stop(within: .zero)
            throw error
        }
        await replier.stop(within: limit)
        try await running
    }
}
