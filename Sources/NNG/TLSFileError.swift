package import FoundationEssentials

/// A file or setting for TLS that can't be used.
package struct TLSFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Problem: Sendable, Equatable {
        /// The system doesn't give it, with its reason.
        case unreadable(String)
        /// It has no PEM block of that kind that can be read.
        case notPEM(block: String)
        /// The certificate ran out at that time.
        case expired(Date)
        /// The certificate starts at that time only.
        case notYetValid(Date)
        /// nng doesn't take the contents of the file.
        case refused
        /// There is no name to check the peer's certificate for.
        case noServerName
        /// The name to check is an IP address.
        case addressAsServerName(String)
    }

    /// The file, if it's about one.
    package let path: String?
    /// What is wrong with it.
    package let problem: Problem

    /// Makes an error.
    package init(path: String?, problem: Problem) {
        self.path = path
        self.problem = problem
    }

    package var description: String {
        let subject = "TLS" + (path.map { " file \($0)" } ?? "")
        return switch problem {
        case .unreadable(let reason): "\(subject) can't be read: \(reason)"
        case .notPEM(let block): "\(subject) has no readable PEM block \(block): check that it is the right file"
        case .expired(let date): "\(subject) expired at \(date.formatted(.iso8601)): issue a new one"
        case .notYetValid(let date):
            "\(subject) isn't valid before \(date.formatted(.iso8601)): check the clock, or issue a new one"
        case .refused: "\(subject) isn't accepted by nng: check that it is whole, not encrypted, and P-256 or RSA"
        case .noServerName: "\(subject) needs a server name, the DNS name in the certificate of the peer"
        case .addressAsServerName(let name): "\(subject) server name \(name) is an IP address: give a DNS name"
        }
    }
}
