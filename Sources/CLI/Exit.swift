import Glibc
import MariaDB
import Protocol

/// How a command ends.
package enum Exit {
    /// It went wrong.
    package static let failed: Int32 = 1
    /// `EX_USAGE` of sysexits.h, which argument-parser uses as well: the arguments make no sense.
    package static let usage: Int32 = 64
    /// `EX_UNAVAILABLE` of sysexits.h: the coordinator or the database can't be reached.
    package static let unreachable: Int32 = 69

    /// The exit code that tells of an error.
    package static func code(for error: any Error) -> Int32 {
        switch error {
        case let error as CoordinatorError:
            switch error.kind {
            case .unreachable, .notACoordinator: unreachable
            case .refused: failed
            }
        case let error as MariaDBError: error.class == .reconnect || error.class == .wait ? unreachable : failed
        case let complaint as Complaint: complaint.code
        default: failed
        }
    }

    /// Writes an error to standard error, in one line.
    package static func tell(_ error: any Error) {
        let text = DisplayText.visible("\(error)".replacing("\n", with: " "))
        let bytes = Array("perigee: \(text)\n".utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

/// Something that a command says in one line.
package struct Complaint: Error, CustomStringConvertible {
    package let description: String
    /// What the process ends with.
    package let code: Int32

    package init(_ description: String, code: Int32 = Exit.failed) {
        self.description = description
        self.code = code
    }
}
