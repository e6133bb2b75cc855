import Glibc

/// Has the kernel notice a server whose host has gone without a word.
///
/// A statement under way only waits, so that nothing of ours is unanswered: the kernel asks the host every few seconds
/// whether it is there (keepalive), and breaks the connection when it says nothing. What is on its way to a host that says
/// nothing is covered by `TCP_USER_TIMEOUT`. A server that computes for long isn't cut, since its kernel answers for it; one
/// that takes no bytes of a statement for that long is. Source: tcp(7).
enum PeerWatch {
    /// The host is asked so often before the connection is broken.
    private static let probes: UInt32 = 3

    /// Watches the other end of `socket`, where that is a host: nothing is done for a socket in the file system.
    static func begin(on socket: Int32, limit: Duration) {
        guard isTCP(socket) else { return }
        let seconds = limit.wholeSeconds
        let interval = max(1, seconds / (probes + 1))
        set(SOL_SOCKET, SO_KEEPALIVE, 1, on: socket)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, interval, on: socket)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, interval, on: socket)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, probes, on: socket)
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        set(
            Int32(IPPROTO_TCP),
            TCP_USER_TIMEOUT,
            milliseconds.overflow ? UInt32(Int32.max) : milliseconds.partialValue,
            on: socket
        )
    }

    private static func isTCP(_ socket: Int32) -> Bool {
        var domain: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 else { return false }
        return domain == AF_INET || domain == AF_INET6
    }

    /// A kernel that doesn't have an option leaves the connection with the library's time limits.
    private static func set(_ level: Int32, _ option: Int32, _ value: UInt32, on socket: Int32) {
        var value = value
        _ = setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<UInt32>.size))
    }
}
