import CNNG
import Concurrency
import Glibc

/// A request that a ``Replier`` has got and whose handler is at work.
package struct Request: Sendable {
    /// What the peer has sent.
    package let payload: [UInt8]
    /// The number of the connection that it came by, unique while the connection stands.
    package let pipe: Int32
    private let parking: RequestParking

    init(payload: [UInt8], pipe: Int32, parking: RequestParking) {
        self.payload = payload
        self.pipe = pipe
        self.parking = parking
    }

    /// The address and port of the peer, such as `192.0.2.7:41234` or `[2001:db8::1]:41234`; `nil` when the connection
    /// is gone or isn't one of TCP.
    package var remoteAddress: String? {
        var address = nng_sockaddr()
        guard nng_pipe_get_addr(nng_pipe(id: UInt32(bitPattern: pipe)), NNG_OPT_REMADDR, &address) == 0 else {
            return nil
        }
        switch nng_sockaddr_family(rawValue: UInt32(address.s_family)) {
        case NNG_AF_INET:
            var host = in_addr(s_addr: address.s_in.sa_addr)
            return Self.text(AF_INET, &host).map { "\($0):\(UInt16(bigEndian: address.s_in.sa_port))" }
        case NNG_AF_INET6:
            var host = address.s_in6.sa_addr
            return Self.text(AF_INET6, &host).map { "[\($0)]:\(UInt16(bigEndian: address.s_in6.sa_port))" }
        default: return nil
        }
    }

    /// Runs `wait`, which waits for something, while the request doesn't count against the number of those that are
    /// served at once.
    ///
    /// Returns `nil` at once, without having called `wait`, when as many requests as may be are parked: the handler
    /// should answer now then. A call within `wait` has no effect of its own.
    package func parked<Result>(_ wait: () async throws -> Result) async rethrows -> Result? {
        guard parking.enter() else { return nil }
        defer { parking.leave() }
        return try await wait()
    }

    private static func text(_ family: Int32, _ host: UnsafeRawPointer) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            inet_ntop(family, host, buffer.baseAddress, socklen_t(buffer.count)).map { String(cString: $0) }
        }
    }
}
