import FoundationEssentials
import Glibc
import Spawn

/// A shell that owns a directory and starts and ends one program, on orders that come over a socket whose other end only
/// this process has.
///
/// When that is closed, because this process has ended in whatever way, the shell kills the program and removes the
/// directory.
final class Watchdog: Sendable {
    enum Ending: String {
        case kill = "KILL"
        case terminate = "TERM"
    }

    /// What doesn't end it.
    enum Signal: String {
        case stop = "STOP"
        case goOn = "CONT"
    }

    private static let script = """
        directory=$1
        template=$2
        shift 2
        # An answer that nobody waits for any more mustn't end the shell.
        trap '' PIPE
        child=
        while read -r order; do
            case $order in
            START)
                [ -d "$directory/data" ] || cp -a "$template/data" "$directory/data"
                "$@" </dev/null >>"$directory/log" 2>&1 &
                child=$!
                ;;
            STOP | CONT)
                kill -"$order" "$child"
                ;;
            *)
                kill -"$order" "$child"
                wait "$child"
                ;;
            esac
            echo "$child" >&0
        done
        if [ -n "$child" ]; then
            kill -KILL "$child"
            wait "$child"
        fi
        rm -rf "$directory"
        # mariadb-install-db may have been at work in it, and goes on for a moment.
        sleep 10
        rm -rf "$directory"
        """

    private let line: Int32

    /// Starts the shell. The program runs once ``start()`` is called, with `data` of the template copied before it runs
    /// for the first time: the shell does that itself, so that no copying goes on when it removes the directory.
    init(directory: String, template: String, command: [String]) throws {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec, so that no other child of this process keeps it open.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw PrivateMariaDBError(description: "no socket pair: error \(errno)")
        }
        // Ours stays open for as long as this process lives.
        line = ends[1]
        defer { close(ends[0]) }
        _ = try Spawn(
            command: ["sh", "-c", Self.script, "watchdog", directory, template] + command,
            input: ends[0],
            output: directory + "/watchdog.log",
            error: directory + "/watchdog.log"
        ).start()
    }

    /// Starts the program, and gives its process id.
    func start() throws -> pid_t { try order("START") }

    /// Sends the program a signal and waits until it has ended.
    func end(_ ending: Ending) throws { _ = try order(ending.rawValue) }

    /// Sends the program a signal that it survives.
    func signal(_ signal: Signal) throws { _ = try order(signal.rawValue) }

    private func order(_ word: String) throws -> pid_t {
        let message = Array("\(word)\n".utf8)
        var answer = [UInt8](repeating: 0, count: 32)
        guard write(line, message, message.count) == message.count,
            case let count = read(line, &answer, answer.count), count > 0,
            let process = pid_t(String(decoding: answer[..<count].dropLast(), as: UTF8.self))
        else { throw PrivateMariaDBError(description: "the watchdog doesn't answer: error \(errno)") }
        return process
    }
}

/// Whether a process runs: one that has ended and wasn't waited for doesn't.
func isRunning(_ process: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return text.split(separator: ")").last?.hasPrefix(" Z") == false
}
