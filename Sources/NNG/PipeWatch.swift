import CNNG
import Concurrency

/// The connections of a socket.
final class PipeWatch: Sendable {
    private struct State {
        var standing: Set<UInt32> = []
        var established: UInt64 = 0
    }

    private let state = Lock(State())

    /// How many connections stand.
    var count: Int { state.withLock { $0.standing.count } }

    /// How many connections have been made in all to a peer that speaks our protocol.
    var established: UInt64 { state.withLock { $0.established } }

    /// Closes all connections; dialers then connect anew.
    func closeAll() {
        for identifier in state.withLock({ Array($0.standing) }) { nng_pipe_close(nng_pipe(id: identifier)) }
    }

    /// Has nng tell of the connections of `socket`, until ``release()`` is called after the socket was closed.
    func watch(_ socket: nng_socket) throws(NNGErrorCode) {
        // nng calls until the socket is closed, which may be after the last reference of ours has gone.
        let argument = Unmanaged.passRetained(self).toOpaque()
        try NNGErrorCode.check(nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, pipeWillBeAdded, argument))
        try NNGErrorCode.check(nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, pipeWasAdded, argument))
        try NNGErrorCode.check(nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, pipeWasRemoved, argument))
    }

    /// Undoes what ``watch(_:)`` did to keep this object.
    func release() { Unmanaged.passUnretained(self).release() }

    // Counted from before it is added: nng may tell that it was added only after it told that it was removed.
    fileprivate func willAdd(_ pipe: nng_pipe) { state.withLock { _ = $0.standing.insert(pipe.id) } }
    fileprivate func didAdd() { state.withLock { $0.established += 1 } }
    fileprivate func didRemove(_ pipe: nng_pipe) { state.withLock { _ = $0.standing.remove(pipe.id) } }
}

private func pipeWillBeAdded(_ pipe: nng_pipe, _ event: nng_pipe_ev, _ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    Unmanaged<PipeWatch>.fromOpaque(argument).takeUnretainedValue().willAdd(pipe)
}

private func pipeWasAdded(_ pipe: nng_pipe, _ event: nng_pipe_ev, _ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    Unmanaged<PipeWatch>.fromOpaque(argument).takeUnretainedValue().didAdd()
}

private func pipeWasRemoved(_ pipe: nng_pipe, _ event: nng_pipe_ev, _ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    Unmanaged<PipeWatch>.fromOpaque(argument).takeUnretainedValue().didRemove(pipe)
}
