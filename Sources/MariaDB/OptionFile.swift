import Glibc

/// A MySQL option file, which holds the credentials.
package struct OptionFile: Sendable, Equatable {
    /// Where it is.
    package let path: String

    /// Names the option file at `path`; nothing is read yet.
    package init(path: String) { self.path = path }

    /// Checks that it can be read, and by nobody else: the client library ignores a file that it can't read, and would
    /// connect without a password.
    /// - Throws: ``OptionFileError``.
    package func check() throws(OptionFileError) {
        var information = stat()
        guard stat(path, &information) == 0 else {
            throw OptionFileError(path: path, problem: errno == ENOENT ? .missing : .unreadable(errno))
        }
        guard information.st_mode & S_IFMT == S_IFREG else { throw OptionFileError(path: path, problem: .notAFile) }
        guard access(path, R_OK) == 0 else { throw OptionFileError(path: path, problem: .unreadable(errno)) }
        let mode = information.st_mode & 0o777
        guard mode & 0o077 == 0 else { throw OptionFileError(path: path, problem: .open(mode: mode)) }
    }
}

/// The option file with the credentials can't be used.
package struct OptionFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with an option file.
    package enum Problem: Sendable, Equatable {
        case missing
        case notAFile
        /// The system's error number.
        case unreadable(Int32)
        /// Others than its owner can use it; its mode.
        case open(mode: UInt32)
    }

    /// The file.
    package let path: String
    /// What is wrong with it.
    package let problem: Problem

    package var description: String {
        switch problem {
        case .missing:
            "option file \(path) doesn't exist: write one with the group [client], user and password, and mode 0600"
        case .notAFile:
            "option file \(path) is no regular file"
        case .unreadable(let code):
            "option file \(path) can't be read (error \(code)): it must belong to the user that runs this program"
        case .open(let mode):
            "option file \(path) has mode 0\(String(mode, radix: 8)), so that others can use it: chmod 600 \(path)"
        }
    }
}
