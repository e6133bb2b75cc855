import Foundation
import Glibc

/// What comes over a plain socket.
struct RawAnswer: Sendable {
    enum Ending: Sendable, Equatable {
        case closed, reset, limit
    }

    private(set) var bytes: [UInt8] = []
    private(set) var ending = Ending.closed
    /// How long it took.
    private(set) var duration = Duration.zero

    /// Sends a request and takes what comes.
    init(port: Int, request: String, limit: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
        let began = ContinuousClock.now
        let text = Array(request.utf8)
        guard send(descriptor, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else {
            throw POSIXError(.EPIPE)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = recv(descriptor, &buffer, min(buffer.count, limit - bytes.count), 0)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 {
                break
            } else {
                guard errno == ECONNRESET else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
                ending = .reset
                break
            }
        }
        if bytes.count >= limit { ending = .limit }
        duration = ContinuousClock.now - began
    }

    private var split: Int { bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? bytes.count }
    var head: String { String(decoding: bytes[..<split], as: UTF8.self) }
    var body: [UInt8] { Array(bytes[split...]) }
    var status: String { String(head.prefix { $0 != "\r\n" }) }

    /// The value of a header; `nil` when it isn't there.
    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ": ") {
            return String(line.dropFirst(name.utf8.count + 2))
        }
        return nil
    }
}
