import Foundation
import Spawn

/// What a program has said when it had ended.
package struct Output: Error, Sendable {
    package let status: Int32
    package let text: String

    /// Runs a program, which ends by itself, on a thread: waiting for it must not hold up the other tests.
    package static func of(_ program: String, _ arguments: [String]) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try run(program, arguments) }) }
        }
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Output {
        let file = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = try Spawn(command: [program] + arguments, output: file, error: file).start()
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Output(
            status: status >> 8 & 0xff,
            text: String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        )
    }
}
