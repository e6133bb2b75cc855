import FoundationEssentials
import Glibc

/// A file system of a few megabytes in memory, which a test can fill. Only root can make one.
package final class SmallDisk: Sendable {
    /// Where it is mounted.
    package let directory: String
    private var filler: String { directory + "/filler" }

    private init(directory: String) { self.directory = directory }

    /// Mounts one, which is unmounted at the end of the tests; `nil` for whoever may not do that.
    package static func make(megabytes: Int) async throws -> SmallDisk? {
        guard geteuid() == 0 else { return nil }
        let sandbox = try await Sandbox.shared.value
        let directory = try sandbox.makeDirectory("disk")
        let output = try await Output.of(
            ["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "perigee-test", directory],
            name: "mount",
            in: sandbox.directory
        )
        guard output.code == 0 else { return nil }
        sandbox.watch(disk: directory)
        return SmallDisk(directory: directory)
    }

    /// Takes all the space that is left.
    package func fill() throws {
        let file = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FleetError("\(filler): error \(errno)") }
        defer { close(file) }
        for size in [1 << 20, 4096] {
            let piece = [UInt8](repeating: 1, count: size)
            while write(file, piece, size) > 0 {}
            guard errno == ENOSPC else { throw FleetError("\(filler): error \(errno)") }
        }
    }

    /// Gives the space back.
    package func empty() { unlink(filler) }
}
