import Crypto
import FoundationEssentials
import Glibc

/// What a pool of workers, or the operators, share with the coordinator.
package struct Secret: Sendable, CustomStringConvertible {
    private let key: SymmetricKey

    /// At least 16 bytes.
    package static let minimumLength = 16

    /// Makes a secret from its bytes.
    package init(_ bytes: some Sequence<UInt8>) {
        key = SymmetricKey(data: Array(bytes))
    }

    /// Shows nothing of it.
    package var description: String { "<secret>" }

    /// What a process sends with `Register`: HMAC-SHA256 over the prefix, the nonce, the incarnation and the name.
    package func proof(nonce: [UInt8], incarnation: [UInt8], name: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Self.message(nonce, incarnation, name), using: key))
    }

    /// Whether the proof was made with this secret. Takes the same time for right and wrong ones.
    package func accepts(_ proof: [UInt8], nonce: [UInt8], incarnation: [UInt8], name: String) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            proof,
            authenticating: Self.message(nonce, incarnation, name),
            using: key
        )
    }

    private static func message(_ nonce: [UInt8], _ incarnation: [UInt8], _ name: String) -> [UInt8] {
        Array("perigee.v1.register".utf8) + nonce + incarnation + Array(name.utf8)
    }
}

/// A file with secrets, one per line: the first is used, all are accepted, so that secrets can be changed one end at a
/// time.
package enum SecretFile {
    /// Reads a file that nobody but its owner may read.
    /// - Throws: ``SecretFileError``.
    package static func read(_ path: String) throws(SecretFileError) -> [Secret] {
        let secrets = try lines(of: path, hint: "make one with: openssl rand -hex 32")
        guard secrets.allSatisfy({ $0.count >= Secret.minimumLength }) else {
            throw SecretFileError(
                path: path,
                problem: "a secret has to have \(Secret.minimumLength) characters or more"
            )
        }
        return secrets.map { Secret($0) }
    }

    /// The lines of a file that nobody but its owner may read, without empty lines and the space around them; one at least.
    /// - Parameter hint: what to do when there is none.
    /// - Throws: ``SecretFileError``.
    package static func lines(of path: String, hint: String) throws(SecretFileError) -> [[UInt8]] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SecretFileError(path: path, problem: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SecretFileError(path: path, problem: "it isn't a file") }
        guard let content = FileManager.default.contents(atPath: path) else {
            throw SecretFileError(path: path, problem: String(cString: strerror(errno)))
        }
        guard status.st_mode & 0o077 == 0 else {
            throw SecretFileError(path: path, problem: "others may read or write it; run: chmod 600 \(path)")
        }
        let lines = content.split(separator: UInt8(ascii: "\n"))
            .map { line in line.split(whereSeparator: { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }) }
            .filter { !$0.isEmpty }
            .map { words in Array(words.joined(separator: [UInt8(ascii: " ")])) }
        guard !lines.isEmpty else { throw SecretFileError(path: path, problem: "it is empty; \(hint)") }
        return lines
    }
}

/// A file with secrets can't be used.
package struct SecretFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    package let problem: String

    /// - Parameter problem: what is wrong with it, and what to do.
    package init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { "the secret file \(path) can't be used: \(problem)" }
}
