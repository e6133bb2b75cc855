import Concurrency
import Glibc

/// A TCP server on loopback that answers whatever a test wants, right or wrong, byte by byte.
///
/// Every connection has a thread of its own, so that a handler may block. The port is the system's choice.
package final class RawServer: Sendable {
    /// The port on 127.0.0.1.
    package let port: Int

    private let listener: Int32
    private let accepted = Lock(0)
    private let handler: @Sendable (RawConnection) -> Void

    /// Listens, and calls `handler` for each connection, which is closed when it returns.
    /// - Throws: ``RawServerError`` when the system gives no port.
    package init(_ handler: @escaping @Sendable (RawConnection) -> Void) throws(RawServerError) {
        // Writing to a peer that is gone must be an error, not the end of the test process.
        signal(SIGPIPE, SIG_IGN)
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw RawServerError(operation: "socket", code: errno) }
        guard let port = LoopbackAddress.bind(listener), listen(listener, 128) == 0 else {
            let code = errno
            close(listener)
            throw RawServerError(operation: "bind", code: code)
        }
        self.port = port
        startThread { [listener, accepted, handler] in
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0 && (errno == EINTR || errno == ECONNABORTED) { continue }
                guard descriptor >= 0 else { break }
                // Else a process that a test starts keeps the connection open.
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                accepted.withLock { $0 += 1 }
                startThread {
                    let connection = RawConnection(descriptor)
                    handler(connection)
                    connection.close()
                }
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// `http://127.0.0.1:PORT`
    package var url: String { "http://127.0.0.1:\(port)" }

    /// How many connections were accepted so far.
    package var connections: Int { accepted.withLock { $0 } }
}

/// Why a server can't be started.
package struct RawServerError: Error, CustomStringConvertible {
    let operation: String
    let code: Int32

    package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}

/// Addresses of 127.0.0.1.
package enum LoopbackAddress {
    /// Binds `descriptor` to a port of the system's choice.
    static func bind(_ descriptor: Int32) -> Int? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard Glibc.bind(descriptor, address, length) == 0, getsockname(descriptor, address, &length) == 0
                else { return nil }
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin_port))
                }
            }
        }
    }

    /// A port that nothing listens on now.
    package static func freePort() -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return bind(descriptor)
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func startThread(_ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    guard pthread_create(&thread, nil, runThread, Unmanaged.passRetained(ThreadBody(run)).toOpaque()) == 0 else {
        return
    }
    pthread_detach(thread)
}

private func runThread(_ body: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let body { Unmanaged<ThreadBody>.fromOpaque(body).takeRetainedValue().run() }
    return nil
}

/// Holds the thread of a handler.
package func block(milliseconds: UInt32) { usleep(milliseconds * 1000) }
