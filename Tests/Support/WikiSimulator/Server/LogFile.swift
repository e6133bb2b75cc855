import FoundationEssentials
import Glibc

/// A file that lines are added to.
final class LogFile: Sendable {
    private let descriptor: Int32

    /// Makes an empty one.
    /// - Throws: ``LogFileError``.
    init(_ path: String) throws(LogFileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LogFileError(path: path, code: errno) }
    }

    deinit { close(descriptor) }

    /// Adds bytes; a full disk loses them.
    func write(_ bytes: Data) {
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// A log can't be written.
struct LogFileError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(path) can't be written: \(String(cString: strerror(code)))" }
}
