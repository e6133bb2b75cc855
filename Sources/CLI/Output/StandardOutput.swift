import Concurrency
import Glibc

/// Standard output, written on a thread of its own: a pipe whose reader is slow may block it for as long as it likes.
package actor StandardOutput {
    private nonisolated let executor: ThreadExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Prepares the writing.
    /// - Throws: `ThreadStartError`.
    package init() throws { executor = try ThreadExecutor(name: "stdout") }

    /// Writes text, whole.
    /// - Throws: ``OutputError``.
    package func write(_ text: String) throws(OutputError) { try write(Array(text.utf8)) }

    /// Writes all of it. When the reader of a pipe has gone the process ends by SIGPIPE, without a word, as other tools do.
    /// - Throws: ``OutputError``.
    package func write(_ bytes: [UInt8]) throws(OutputError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                waitUntilWritable()
            } else if errno == EPIPE {
                FatalSignal.end(by: SIGPIPE)
            } else if errno != EINTR {
                throw OutputError(code: errno)
            }
        }
    }

    /// Somebody else has made the descriptor one that doesn't block.
    private func waitUntilWritable() {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&descriptor, 1, 1000)
    }
}

/// Standard output can't be written.
package struct OutputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The system's error number.
    package let code: Int32

    package var description: String { "the output can't be written: \(String(cString: strerror(code)))" }
}
