import CNNG
import Concurrency

/// Answers the requests of many ``Requester``s: one socket, one listener.
///
/// In nng 1.5.2 one connection of a stranger can make a listener of `tcp://` or `ipc://` deaf for ever
/// (nanomsg/nng#1518); one of `tls+tcp://` stands it. So the others are for tests.
package final class Replier: Sendable {
    /// The URL that it listens at, with the real port where it was told 0.
    package let boundAddress: String
    private let options: ReplierOptions
    private let socket: Socket
    private let listener: nng_listener
    private let serving: Serving

    /// Binds the listener. Requests wait until ``run(_:)`` is called.
    ///
    /// - Parameters:
    ///   - address: `tls+tcp://HOST:PORT`, with host `0.0.0.0` for all interfaces and port 0 for one that is free; in
    ///     tests `tcp://...` or `inproc://...` too, without `tls`.
    ///   - tls: the files. Peers have to have a certificate signed by their CA; the server name isn't used.
    /// - Throws: ``TLSFileError``; ``NNGError`` in ``NNGError/Operation/listen``.
    package static func listen(
        on address: String,
        tls: TLSFiles?,
        options: ReplierOptions = ReplierOptions()
    ) async throws -> Replier {
        let made = Pending<Result<Replier, any Error>>.on {
            Result { try Replier(address, tls, options) }
        }
        guard let result = await made.value(within: .seconds(30), isCancellable: false) else {
            throw NNGError(.timedOut, .listen, address: address)
        }
        do { return try result.get() } catch let code as NNGErrorCode {
            throw NNGError(code, .listen, address: address)
        }
    }

    private init(_ address: String, _ tls: TLSFiles?, _ options: ReplierOptions) throws {
        guard address.hasPrefix("tls+tcp://") == (tls != nil) else { throw NNGErrorCode.invalid }
        self.options = options
        socket = try Socket(maximumMessageSize: options.maximumMessageSize, nng_rep0_open)
        serving = Serving(socket, target: options.contexts, maximum: options.maximumContexts)
        var listener = nng_listener()
        try NNGErrorCode.check(nng_listener_create(&listener, socket.handle, address))
        self.listener = listener
        if let tls {
            let configuration = try TLSConfiguration.listener(tls)
            try NNGErrorCode.check(nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, .init(configuration.pointer)))
        }
        let parts = ListenAddress(address)
        if parts != nil {
            try NNGErrorCode.check(nng_listener_set_bool(listener, NNG_OPT_TCP_NODELAY, true))
            // A peer that is gone without a word is noticed some time, even when nothing is under way.
            try NNGErrorCode.check(nng_listener_set_bool(listener, NNG_OPT_TCP_KEEPALIVE, true))
        }
        try NNGErrorCode.check(nng_listener_start(listener, 0))
        guard let parts else {
            boundAddress = address
            return
        }
        var port: Int32 = 0
        try NNGErrorCode.check(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port))
        boundAddress = parts.url(port: port)
    }

    /// How many connections there are.
    package var connections: Int { socket.pipes.count }

    /// How many requests are parked.
    package var parkedRequests: Int { serving.count.parked }

    /// Has `handler` answer the requests, until ``stop(within:)`` is called or the task is cancelled; then the tasks
    /// of the handlers are cancelled too, and are waited for. To be called once; returns at once
    /// when the replier was stopped before.
    ///
    /// A peer may have hung up when its answer is ready: nng drops the answer then and says nothing. In place of an
    /// answer that is too large an empty one is sent.
    /// - Throws: ``NNGErrorCode/state`` when it runs already, ``NNGErrorCode/outOfMemory``.
    package func run(_ handler: @escaping @Sendable (Request) async -> [UInt8]) async throws(NNGError) {
        do {
            try await serving.run { [self] context in try await serve(context, handler) }
        } catch {
            throw NNGError(error as? NNGErrorCode ?? .state, .receive, address: boundAddress)
        }
    }

    /// Stops answering: no more requests are taken, the handlers' tasks are cancelled, and what they answer in most of
    /// the time given is still sent; then the socket is closed. Returns after `limit`, even if a handler is still busy
    /// or nng hasn't finished then.
    ///
    /// Returns whether nng has finished; see ``Probe`` for what it means if it hasn't.
    @discardableResult package func stop(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        await serving.stop(within: limit * 0.8)
        return await socket.close(within: .until(deadline))
    }

    /// Sets other certificates, keys or revocations for the connections that are made from now on.
    ///
    /// - Parameter drop: whether the connections that stand are closed, so that all peers have to show their
    ///   certificates again. Requests under way on them are lost for the peers.
    /// - Throws: ``TLSFileError``; ``NNGError`` when the listener isn't one of TLS. What was set before stays then.
    package func updateTLS(_ tls: TLSFiles, droppingConnections drop: Bool = false) async throws {
        let made = Pending<Result<Void, any Error>>.on(socket.lifecycle) { [self] in
            Result {
                let configuration = try TLSConfiguration.listener(tls)
                try NNGErrorCode.check(
                    nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, .init(configuration.pointer))
                )
                // nng has prepared for the next connection already, with what was set before. This one takes it.
                ListenAddress(boundAddress)?.knock()
                if drop { socket.pipes.closeAll() }
            }
        }
        guard let result = await made.value(within: .seconds(30), isCancellable: false) else {
            throw NNGError(.timedOut, .listen, address: boundAddress)
        }
        do { try result.get() } catch let code as NNGErrorCode {
            throw NNGError(code, .listen, address: boundAddress)
        }
    }

    /// Finds out whether the listener still takes connections and ``run(_:)`` still answers: makes a connection of its
    /// own, sends a ``Probe`` and waits for the answer, in all at most `limit`. No handler sees it.
    ///
    /// - Parameter tls: the files to connect with; the certificate must do for clients too.
    /// - Throws: ``TLSFileError``; ``NNGError``, ``NNGErrorCode/protocolError`` for another answer, and
    ///   ``NNGErrorCode/timedOut`` in ``NNGError/Operation/close`` when the process has to be started anew.
    package func probe(tls: TLSFiles?, within limit: Duration) async throws {
        try await Probe.send(to: ListenAddress(boundAddress)?.ownURL ?? boundAddress, tls: tls, within: limit)
    }

    private func serve(_ context: Context, _ handler: @Sendable (Request) async -> [UInt8]) async throws {
        repeat {
            guard let (payload, pipe) = try await receive(context) else { return }
            let answer: [UInt8]
            if payload == Probe.payload {
                answer = payload
            } else {
                let parking = RequestParking(serving)
                answer = await handler(Request(payload: payload, pipe: nng_pipe_id(pipe), parking: parking))
                parking.end()
            }
            try await send(answer, context, pipe)
        } while serving.answered()
    }

    /// `nil` when it's over.
    private func receive(_ context: Context) async throws(NNGErrorCode) -> ([UInt8], nng_pipe)? {
        if Task.isCancelled { return nil }
        do throws(NNGErrorCode) {
            let message = try await context.receive(within: nil)
            return (message.bytes, message.pipe)
        } catch .cancelled, .closed { return nil }
    }

    private func send(_ answer: [UInt8], _ context: Context, _ pipe: nng_pipe) async throws(NNGErrorCode) {
        let isTooLarge = answer.count > options.maximumMessageSize
        if isTooLarge { options.onProblem(NNGError(.messageTooLarge, .send, address: boundAddress)) }
        guard let message = Message(isTooLarge ? [] : answer) else { throw .outOfMemory }
        do throws(NNGErrorCode) {
            try await context.send(message, within: options.answerTimeout, isCancellable: false)
        } catch .closed {
            return
        } catch {
            options.onProblem(NNGError(error, .answer, address: boundAddress))
            nng_pipe_close(pipe)
        }
    }
}
