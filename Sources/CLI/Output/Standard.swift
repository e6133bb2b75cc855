import Glibc

/// Standard output and what is at its other end.
package enum Standard {
    /// Whether a person is looking on.
    package static var isTerminal: Bool { isatty(1) == 1 }

    /// Writes text, whole. A reader that has gone away isn't an error: there is nobody left to tell.
    package static func output(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
