import Concurrency
import Glibc
import PrivateMariaDB

/// A TCP proxy of one port, in front of a MariaDB server, that can lose the answer to a COMMIT, or the COMMIT itself. Each
/// direction has a thread.
package final class TCPForwarder: Sendable {
    /// What goes wrong next.
    package enum Fault: Sendable, Equatable {
        case none
        /// The server gets the next COMMIT and answers; the client is cut off before it gets the answer.
        case loseAnswerToCommit
        /// The client is cut off when it sends the next COMMIT, which the server doesn't get.
        case loseCommit
        /// The client is cut off when it sends this text for the first time, which the server doesn't get.
        case cutAt(String)
    }

    /// So many connections were made, and the first so many of them are silent.
    private let connections = Lock((made: 0, silent: 0))
    private let fault = Lock(Fault.none)
    private let listener: Int32
    private let target: UInt16
    /// The loopback port that it listens at.
    package let port: UInt16

    /// Begins to forward connections to the loopback port `target`.
    package init(to target: UInt16) throws {
        self.target = target
        port = try freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard loopback(port, { bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0 else {
            throw PrivateMariaDBError(description: "the forwarder can't listen: error \(errno)")
        }
        startThread { [self] in acceptAll() }
    }

    /// Ends the accepting thread. Connections end with their two ends.
    package func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Chooses what is to go wrong with the next COMMIT.
    package func setFault(_ newFault: Fault) { fault.withLock { $0 = newFault } }

    /// What either end of the connections that there are sends is lost from now on, and neither is told: as when a host or
    /// a line has gone.
    package func silence() { connections.withLock { $0.silent = $0.made } }

    /// Whether the fault that was set has happened.
    package var hasNoFault: Bool { fault.withLock { $0 == .none } }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 { break }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard loopback(target, { connect(server, $0, $1) }) == 0 else {
                _ = Glibc.close(client)
                _ = Glibc.close(server)
                continue
            }
            let number = connections.withLock { connections in
                connections.made += 1
                return connections.made
            }
            let ends = Lock(0)
            for (source, sink, isRequest) in [(client, server, true), (server, client, false)] {
                startThread { [self] in
                    copy(from: source, to: sink, isRequest: isRequest, of: number)
                    shutdown(client, Int32(SHUT_RDWR))
                    shutdown(server, Int32(SHUT_RDWR))
                    let isLast = ends.withLock { count -> Bool in
                        count += 1
                        return count == 2
                    }
                    if isLast {
                        _ = Glibc.close(client)
                        _ = Glibc.close(server)
                    }
                }
            }
        }
        _ = Glibc.close(listener)
    }

    private func isCut(_ bytes: ArraySlice<UInt8>) -> Bool {
        fault.withLock { fault in
            guard case .cutAt(let text) = fault, bytes.firstRange(of: text.utf8) != nil else { return false }
            fault = .none
            return true
        }
    }

    private func copy(from source: Int32, to sink: Int32, isRequest: Bool, of number: Int) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            if connections.withLock({ number <= $0.silent }) { continue }
            if isRequest, isCut(buffer[..<count]) { return }
            // A query packet: length, number, COM_QUERY, text.
            if isRequest, buffer[..<count].dropFirst(5).elementsEqual("COMMIT".utf8) {
                let current = fault.withLock { fault -> Fault in
                    if fault == .loseCommit || fault == .loseAnswerToCommit {
                        defer { fault = .none }
                        return fault
                    }
                    return .none
                }
                switch current {
                case .none, .cutAt: break
                case .loseCommit: return
                case .loseAnswerToCommit:
                    // First, so that the other thread finds nobody to give the answer to. Then the answer is waited for,
                    // so that the server has certainly committed.
                    shutdown(source, Int32(SHUT_WR))
                    _ = send(sink, buffer, count, Int32(MSG_NOSIGNAL))
                    var wait = pollfd(fd: sink, events: Int16(POLLIN), revents: 0)
                    poll(&wait, 1, 5000)
                    return
                }
            }
            guard send(sink, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
        }
    }
}

private func loopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    pthread_create(&thread, nil, runThread, Unmanaged.passRetained(ThreadBody(body)).toOpaque())
    pthread_detach(thread)
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
