import Glibc

/// A TCP socket without any manners. Its calls block for the moment that they take on one machine.
final class PlainSocket: Sendable {
    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    static func connected(to port: UInt16) throws -> PlainSocket {
        let client = PlainSocket(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try check(withLoopback(port) { connect(client.descriptor, $0, $1) })
        return client
    }

    func write(_ bytes: [UInt8]) throws {
        try Self.check(Int32(clamping: send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))))
    }

    /// Reads something; empty when the peer has hung up.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    /// Has the end of this socket send a reset, after a FIN.
    func prepareReset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_WR))
    }

    fileprivate static func withLoopback(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    fileprivate static func check(_ result: Int32) throws {
        if result < 0 { throw SystemError(number: errno) }
    }

    struct SystemError: Error { let number: Int32 }

    /// A socket that listens, and hands each connection to nobody until ``accept()``.
    static func listening() throws -> PlainSocket {
        let server = PlainSocket(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var option: Int32 = 1
        setsockopt(server.descriptor, SOL_SOCKET, SO_REUSEADDR, &option, socklen_t(MemoryLayout<Int32>.size))
        try check(withLoopback(0) { bind(server.descriptor, $0, $1) })
        try check(listen(server.descriptor, 16))
        return server
    }

    /// Frees the port for another that listens.
    func stopListening() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func accept() throws -> PlainSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        try Self.check(accepted)
        return PlainSocket(descriptor: accepted)
    }

    var port: UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
