import Concurrency
import FoundationEssentials
import Glibc
import Spawn

/// The directory of everything that the tests of this process start, with a shell that outlives the process: when this
/// process ends, in whatever way, the shell kills what still runs, takes down copied farms, unmounts disks and removes the directory.
final class Sandbox: Sendable {
    static let shared = Task { try Sandbox() }

    private static let script = """
        directory=$1
        wikifarm=$2
        trap '' PIPE INT TERM HUP
        pids=' '
        farms=
        disks=
        while read -r order argument; do
            case $order in
            watch) pids="$pids$argument " ;;
            forget) case $pids in *" $argument "*) pids="${pids%%" $argument "*} ${pids#*" $argument "}" ;; esac ;;
            farm) farms="$farms $argument" ;;
            disk) disks="$disks $argument" ;;
            esac
        done
        for pid in $pids; do kill -KILL "$pid"; done
        for farm in $farms; do "$wikifarm" down --remove --directory "$farm"; done
        # Lazily: what has its files there may still be ending.
        for disk in $disks; do umount -l "$disk"; done
        rm -rf "$directory"
        """

    /// Without spaces.
    let directory: String
    private let line: Int32
    private let lastName = Lock(0)

    private init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/perigee-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FleetError("no directory in \(parent): error \(errno)") }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        var ends: [Int32] = [-1, -1]
        // Close-on-exec, so that no other child of this process keeps it open.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw FleetError("no socket pair: error \(errno)")
        }
        // Ours stays open for as long as this process lives.
        line = ends[1]
        defer { close(ends[0]) }
        _ = try Spawn(
            command: ["sh", "-c", Self.script, "sandbox", directory, Checkout.path("ops/wikifarm")],
            input: ends[0],
            output: directory + "/sandbox.log",
            error: directory + "/sandbox.log"
        ).start()
    }

    /// A new directory of its own.
    func makeDirectory(_ name: String) throws -> String {
        let number = lastName.withLock { number in
            number += 1
            return number
        }
        let path = "\(directory)/\(name)-\(number)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return path
    }

    /// Has a process killed at the end.
    func watch(_ process: pid_t) { say("watch \(process)") }

    /// A process has ended: its number may be another's by now.
    func forget(_ process: pid_t) { say("forget \(process)") }

    /// Has a farm taken down at the end.
    func watch(farm directory: String) { say("farm \(directory)") }

    /// Has a file system unmounted at the end.
    func watch(disk directory: String) { say("disk \(directory)") }

    private func say(_ order: String) {
        let message = Array("\(order)\n".utf8)
        _ = write(line, message, message.count)
    }
}

/// The files of the checkout that the tests were built from.
package enum Checkout {
    /// The absolute path of a file that is named from the root of the checkout.
    package static func path(_ name: String) -> String {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appending(path: name).path
    }

    /// The path of the program that was built along with the tests.
    package static func program(_ name: String) throws -> String {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(filePath: bundle).deletingLastPathComponent().appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw FleetError("\(path) isn't there: it is built along with the tests that depend on it")
        }
        return path
    }
}

/// What the tests stand on doesn't do what it should.
package struct FleetError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
