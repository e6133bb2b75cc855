import Glibc

/// A shell that has a command as its child, and reads from a socket whose other end only this process has.
///
/// When that is closed, because this process has ended in whatever way, the shell kills its child and removes the directory.
final class Watchdog: Sendable {
    enum Ending: String {
        case kill = "KILL"
        case terminate = "TERM"
    }

    private static let script = """
        directory=$1
        shift
        "$@" </dev/null >>"$directory/log" 2>&1 &
        child=$!
        if read -r signal; then
            kill -"$signal" "$child"
            wait "$child"
        else
            kill -KILL "$child"
            wait "$child"
            rm -rf "$directory"
        fi
        """

    private let process: pid_t
    private let line: Int32

    private init(process: pid_t, line: Int32) {
        self.process = process
        self.line = line
    }

    static func start(directory: String, command: [String]) throws -> Watchdog {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec, so that no other child of this process keeps it open.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw PrivateMariaDBError(description: "no socket pair: error \(errno)")
        }
        defer { close(ends[0]) }
        let process = try spawn(
            ["sh", "-c", script, "watchdog", directory] + command,
            input: ends[0],
            output: directory + "/watchdog.log"
        )
        return Watchdog(process: process, line: ends[1])
    }

    /// Whether the shell, and so its child, still runs.
    var isRunning: Bool { kill(process, 0) == 0 && waitpid(process, nil, WNOHANG) == 0 }

    /// Sends the child a signal and waits until it has ended; the directory stays.
    func end(_ ending: Ending) throws {
        let message = Array("\(ending.rawValue)\n".utf8)
        guard write(line, message, message.count) == message.count else {
            throw PrivateMariaDBError(description: "the watchdog doesn't listen: error \(errno)")
        }
        try wait(for: process, "watchdog")
        close(line)
    }
}
