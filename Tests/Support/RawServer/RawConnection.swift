import Glibc

/// The server's end of a connection. It belongs to the thread of its handler.
package final class RawConnection {
    /// A request as far as tests need it.
    package struct Request: Sendable {
        /// The first line and the headers, as they came.
        package let head: String
        /// The body, when the head gave its length.
        package let body: [UInt8]

        /// What stands between method and version.
        package var target: String {
            let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
            return words.count > 1 ? String(words[1]) : ""
        }
    }

    /// Called when the peer takes nothing for 200 ms though there is something to send.
    package var whenBlocked: (() -> Void)?

    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var isClosed = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for a whole request; `nil` when the peer is gone.
    package func readRequest() -> Request? {
        let separator = Array("\r\n\r\n".utf8)
        while true {
            if let end = unread.firstRange(of: separator)?.upperBound {
                let head = String(decoding: unread[..<end], as: UTF8.self)
                let length = Self.contentLength(head)
                if unread.count >= end + length {
                    let body = Array(unread[end..<(end + length)])
                    unread.removeFirst(end + length)
                    return Request(head: head, body: body)
                }
            }
            guard readMore() else { return nil }
        }
    }

    private static func contentLength(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            return line.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) } ?? 0
        }
        return 0
    }

    private func readMore() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        unread += buffer[..<count]
        return true
    }

    /// Sends all of `bytes`; `false` when the peer is gone.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if let whenBlocked, poll(&writable, 1, 200) == 0 { whenBlocked() }
            let count = bytes.withUnsafeBytes { all in
                send(descriptor, all.baseAddress.map { $0 + sent }, all.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends the bytes of `text`; `false` when the peer is gone.
    @discardableResult
    package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Sends a whole answer with its length.
    @discardableResult
    package func respond(_ status: String = "200 OK", headers: [String] = [], body: [UInt8] = []) -> Bool {
        let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
        return write(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
    }

    /// Waits until the peer has closed; what it still sends is dropped.
    package func waitForClose() { while readMore() { unread = [] } }

    /// Closes with a TCP reset.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Closes in the usual way. Once is enough.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        Glibc.close(descriptor)
    }
}
