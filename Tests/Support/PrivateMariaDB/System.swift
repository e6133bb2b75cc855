import FoundationEssentials
import Glibc
import Spawn

/// A port of 127.0.0.1 that nothing listens on now. It's below those that the system gives to outgoing connections, one of
/// which could otherwise take it before it's used.
/// - Throws: ``PrivateMariaDBError``.
package func freePort() throws -> UInt16 {
    for _ in 0..<100 {
        let port = UInt16.random(in: 10_000..<32_000)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 { return port }
    }
    throw PrivateMariaDBError(description: "no free port: error \(errno)")
}

/// A new directory in `place`, which is TMPDIR or /tmp when it is `nil`.
func makeTemporaryDirectory(_ name: String, in place: String? = nil) throws -> String {
    let parent = place ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/\(name).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw PrivateMariaDBError(description: "no directory: error \(errno)") }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

func writeFile(_ text: String, to path: String, mode: mode_t) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    guard chmod(path, mode) == 0 else { throw PrivateMariaDBError(description: "\(path): error \(errno)") }
}

/// Runs a program to its end, with what it says going to a file of the directory. Blocks.
func run(_ command: [String], in directory: String) throws {
    let output = directory + "/output"
    let process = try Spawn(command: command, output: output, error: output).start()
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
        guard errno == EINTR else {
            throw PrivateMariaDBError(description: "can't wait for \(command[0]): error \(errno)")
        }
    }
    guard status == 0 else {
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        throw PrivateMariaDBError(
            description: "\(command.joined(separator: " ")) ended with \(status):\n\(text.suffix(2000))"
        )
    }
}
