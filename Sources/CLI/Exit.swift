import Glibc
import NNG
import Protocol

/// How a command ends.
package enum Exit {
    /// It went wrong.
    package static let failed: Int32 = 1
    /// `EX_UNAVAILABLE` of sysexits.h: the coordinator can't be reached.
    package static let unreachable: Int32 = 69

    /// The exit code that tells of an error.
    package static func code(for error: any Error) -> Int32 {
        guard let error = error as? CoordinatorError else { return failed }
        switch error.kind {
        case .unreachable, .notACoordinator: return unreachable
        case .refused: return failed
        }
    }

    /// Writes an error to standard error, in one line.
    package static func tell(_ error: any Error) {
        let text = "\(error)".replacing("\n", with: " ")
        let bytes = Array("perigee: \(text)\n".utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

/// Something that a command says in one line.
package struct Complaint: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
