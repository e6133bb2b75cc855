import Concurrency
import Glibc

/// A connection's socket under a file descriptor of our own, so that another thread can cut the connection.
///
/// The client library closes its own descriptor whenever it likes, and its number may then be somebody else's.
final class SocketCopy: Sendable {
    private let descriptor = Lock<Int32?>(nil)

    deinit { close() }

    func keep(_ newDescriptor: Int32?) {
        close()
        descriptor.withLock { $0 = newDescriptor }
    }

    func shutDown() {
        descriptor.withLock { if let number = $0 { _ = Glibc.shutdown(number, Int32(SHUT_RDWR)) } }
    }

    func close() {
        descriptor.withLock { number in
            if let open = number { _ = Glibc.close(open) }
            number = nil
        }
    }
}
