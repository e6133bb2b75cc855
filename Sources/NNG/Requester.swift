import CNNG
import Concurrency
import Dispatch

/// Asks one peer, a ``Replier``: one socket, one dialer, one address, a few requests at once.
///
/// A request is sent once. nng's own repetition is off: whether and when to ask again is the caller's decision.
package final class Requester: Sendable {
    /// The URL of the peer.
    package let address: String
    private let tls: TLSFiles?
    private let options: RequesterOptions
    private let socket: Socket
    private let pool: ContextPool
    private let dialing = Lock(Dialing.none)

    private enum Dialing {
        case none
        /// A call is making the dialer.
        case busy
        /// There's a dialer, which connects by itself, and a task that sees to it.
        case running(nng_dialer, keeper: Task<Void, Never>)
    }

    /// Opens the socket; nothing is dialed yet.
    ///
    /// - Parameters:
    ///   - address: `tls+tcp://HOST:PORT`; in tests `tcp://...` or `inproc://...` too, without `tls`.
    ///   - tls: the files, with a server name. They are read when the requester connects.
    /// - Throws: ``NNGError``: ``NNGErrorCode/invalid`` for an address that needs TLS and has none, or the reverse.
    package init(address: String, tls: TLSFiles?, options: RequesterOptions = RequesterOptions()) throws(NNGError) {
        self.address = address
        self.tls = tls
        self.options = options
        (socket, pool) = try NNGErrorCode.wrap(.open, address) { () throws(NNGErrorCode) in
            guard address.hasPrefix("tls+tcp://") == (tls != nil) else { throw .invalid }
            let socket = try Socket(maximumMessageSize: options.maximumMessageSize, nng_req0_open)
            try NNGErrorCode.check(nng_socket_set_ms(socket.handle, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE))
            var contexts: [Context] = []
            for _ in 0..<max(1, options.contexts) { contexts.append(try Context(socket)) }
            return (socket, ContextPool(contexts, maximumWaiting: options.maximumWaiting))
        }
    }

    deinit { stopKeeping() }

    /// Whether there's a connection at the moment.
    package var isConnected: Bool { socket.pipes.count > 0 }

    /// Connects, so that a wrong address, CA, name or certificate shows itself. Once connected, the connection is made
    /// again in the background whenever it's lost. Does nothing when that's so already.
    ///
    /// - Throws: ``TLSFileError``; ``NNGError`` with its cause, ``NNGErrorCode/timedOut`` after `limit`,
    ///   ``NNGErrorCode/cancelled``, or ``NNGErrorCode/state`` when another call is just connecting. It may be called
    ///   again after an error.
    package func connect(within limit: Duration) async throws {
        guard try beginDialing() else { return }
        let deadline = ContinuousClock.now + limit
        do {
            let handle = try await makeDialer()
            let established = socket.pipes.established
            let started = DispatchSemaphore(value: 0)
            let attempt = Pending<Int32>.on {
                defer { started.signal() }
                return nng_dialer_start(handle, 0)
            }
            let result = await attempt.value(within: .until(deadline))
            let code: NNGErrorCode? =
                switch result {
                // Nobody has closed the dialer: nng calls a reset in the handshake so.
                case Int32(NNG_ECLOSED.rawValue): .connectionReset
                case nil: Task.isCancelled ? .cancelled : .timedOut
                // nng drops a connection to a peer of another protocol without an error.
                case 0: socket.pipes.established > established ? nil : .protocolError
                case .some(let result): NNGErrorCode(rawValue: result)
                }
            if let code {
                socket.lifecycle.async {
                    // Ends the attempt, if it goes on still; the socket isn't to be closed before.
                    nng_dialer_close(handle)
                    started.wait()
                }
                throw NNGError(code, .dial, address: address)
            }
            keep(handle)
        } catch {
            dialing.withLock { $0 = .none }
            throw error
        }
    }

    /// Connects in the background, for as long as it takes: for a peer that may be away just now. A wrong address, CA,
    /// name or certificate shows itself only in that requests find no connection. Does nothing when it's connected.
    ///
    /// - Throws: ``TLSFileError``, ``NNGError``.
    package func connectInBackground() async throws {
        guard try beginDialing() else { return }
        do {
            keep(try await startInBackground())
        } catch {
            dialing.withLock { $0 = .none }
            throw error
        }
    }

    /// Sends `payload` and waits for the answer, first for a context and for a connection if there is none, in all at
    /// most `limit`.
    ///
    /// When the connection is lost while it waits for the answer, it ends at once with
    /// ``NNGErrorCode/connectionReset``; whether the peer has seen the request isn't known then, nor after
    /// ``NNGErrorCode/timedOut`` in ``NNGError/Operation/receive``.
    /// - Throws: ``NNGErrorCode/cancelled`` as soon as the task is cancelled.
    package func request(_ payload: [UInt8], within limit: Duration) async throws(NNGError) -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        guard payload.count <= options.maximumMessageSize, let message = Message(payload) else {
            throw error(payload.count > options.maximumMessageSize ? .messageTooLarge : .outOfMemory, .send)
        }
        let context: Context
        do throws(NNGErrorCode) { context = try await pool.take(until: deadline) } catch {
            throw self.error(error, .wait)
        }
        // Only now: nng has finished with the context by then, whatever the outcome.
        defer { pool.give(context) }
        do throws(NNGErrorCode) {
            try await context.send(message, within: .until(deadline), isCancellable: true)
        } catch { throw self.error(error, .send) }
        do throws(NNGErrorCode) {
            return try await context.receive(within: .until(deadline)).bytes
        } catch { throw self.error(error, .receive) }
    }

    /// Ends all requests with ``NNGErrorCode/closed``, and closes the socket; at most `limit`, even if nng hasn't
    /// finished then. A requester that nobody refers to any more is closed by itself.
    ///
    /// Returns whether nng has finished; see ``Probe`` for what it means if it hasn't.
    @discardableResult package func close(within limit: Duration) async -> Bool {
        stopKeeping()
        let deadline = ContinuousClock.now + limit
        await pool.close(within: limit)
        return await socket.close(within: .until(deadline))
    }

    private func error(_ code: NNGErrorCode, _ operation: NNGError.Operation) -> NNGError {
        // Closing cancels what goes on, before nng closes it.
        let code = code == .cancelled && !Task.isCancelled && pool.isClosed ? .closed : code
        return NNGError(code, operation, address: address)
    }

    /// Whether it's for the caller to dial.
    private func beginDialing() throws -> Bool {
        let state = dialing.withLock { state in
            defer { if case .none = state { state = .busy } }
            return state
        }
        switch state {
        case .none: return true
        case .running: return false
        case .busy: throw NNGError(.state, .dial, address: address)
        }
    }

    private func startInBackground() async throws -> nng_dialer {
        let handle = try await makeDialer()
        let result = nng_dialer_start(handle, Int32(NNG_FLAG_NONBLOCK))
        guard result == 0 else {
            socket.lifecycle.async { nng_dialer_close(handle) }
            throw NNGError(NNGErrorCode(rawValue: result), .dial, address: address)
        }
        return handle
    }

    /// Replaces the dialer `handle` by another whenever there was no connection for too long.
    private func keep(_ handle: nng_dialer) {
        let keeper = Task { [weak self, options] in
            var lastConnected = ContinuousClock.now
            // Ends with the cancellation of the task.
            while (try? await Task.sleep(for: options.redialAfter / 4)) != nil {
                guard let self else { return }
                if isConnected { lastConnected = .now }
                if lastConnected.duration(to: .now) < options.redialAfter { continue }
                await redial()
                lastConnected = .now
            }
        }
        dialing.withLock { $0 = .running(handle, keeper: keeper) }
        // Closed in the meantime.
        if pool.isClosed { keeper.cancel() }
    }

    private func redial() async {
        do {
            let new = try await makeDialer()
            let old = dialing.withLock { state -> nng_dialer? in
                guard case .running(let old, let keeper) = state else { return nil }
                state = .running(new, keeper: keeper)
                return old
            }
            let result = await Pending<Int32>.on(socket.lifecycle) {
                if let old { nng_dialer_close(old) }
                return nng_dialer_start(new, Int32(NNG_FLAG_NONBLOCK))
            }.value(within: .seconds(30), isCancellable: false)
            if let result, result != 0 { throw NNGError(NNGErrorCode(rawValue: result), .dial, address: address) }
        } catch {
            if !pool.isClosed { options.onProblem(error) }
        }
    }

    private func stopKeeping() {
        if case .running(_, let keeper) = dialing.withLock({ $0 }) { keeper.cancel() }
    }

    /// Makes a dialer that isn't started yet, on a thread because it reads files.
    private func makeDialer() async throws -> nng_dialer {
        let made = Pending<Result<nng_dialer, any Error>>.on(socket.lifecycle) { [self] in
            var handle = nng_dialer()
            let result = nng_dialer_create(&handle, socket.handle, address)
            guard result == 0 else {
                return .failure(NNGError(NNGErrorCode(rawValue: result), .dial, address: address))
            }
            do {
                try configure(handle)
                return .success(handle)
            } catch {
                nng_dialer_close(handle)
                return .failure((error as? NNGErrorCode).map { NNGError($0, .open, address: address) } ?? error)
            }
        }
        // Reading three small files doesn't take longer, unless the file server hangs.
        guard let result = await made.value(within: .seconds(30), isCancellable: false) else {
            throw NNGError(.timedOut, .open, address: address)
        }
        return try result.get()
    }

    private func configure(_ handle: nng_dialer) throws {
        if let tls {
            let configuration = try TLSConfiguration.dialer(tls)
            try NNGErrorCode.check(nng_dialer_set_ptr(handle, NNG_OPT_TLS_CONFIG, .init(configuration.pointer)))
        }
        if !address.hasPrefix("inproc:") {
            try NNGErrorCode.check(nng_dialer_set_bool(handle, NNG_OPT_TCP_NODELAY, true))
            // A peer that is gone without a word is noticed some time, even when nothing is under way.
            try NNGErrorCode.check(nng_dialer_set_bool(handle, NNG_OPT_TCP_KEEPALIVE, true))
        }
        let (minimum, maximum) = (options.minimumReconnectDelay, options.maximumReconnectDelay)
        try NNGErrorCode.check(nng_dialer_set_ms(handle, NNG_OPT_RECONNMINT, minimum.nngMilliseconds))
        try NNGErrorCode.check(nng_dialer_set_ms(handle, NNG_OPT_RECONNMAXT, maximum.nngMilliseconds))
    }
}
