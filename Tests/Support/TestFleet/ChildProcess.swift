import Concurrency
import FoundationEssentials
package import Glibc
import Spawn

/// A process that a test has started.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Ending: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    private enum State {
        case running
        case ended(Ending)
    }

    package let id: pid_t
    private let name: String
    private let output: String
    private let errors: String
    private let sandbox: Sandbox
    private let state = Lock(State.running)

    /// Starts a program with `directory` as its working directory; what it says goes to files there.
    package static func start(
        _ command: [String],
        name: String,
        in directory: String,
        environment: [String: String]
    ) async throws -> ChildProcess {
        let sandbox = try await Sandbox.shared.value
        return try ChildProcess(command, name: name, directory: directory, environment: environment, sandbox: sandbox)
    }

    private init(
        _ command: [String],
        name: String,
        directory: String,
        environment: [String: String],
        sandbox: Sandbox
    ) throws {
        self.name = name
        self.sandbox = sandbox
        output = "\(directory)/\(name).out"
        errors = "\(directory)/\(name).err"
        id = try Spawn(
            command: ["sh", "-c", "cd \"$0\" && exec \"$@\"", directory] + command,
            output: output,
            error: errors,
            environment: environment
        ).start()
        sandbox.watch(id)
    }

    deinit { signal(SIGKILL) }

    /// Sends a signal; nothing when it has ended.
    package func signal(_ number: Int32) {
        state.withLock { state in
            // A process that wasn't waited for keeps its number.
            if case .running = state { kill(id, number) }
        }
    }

    /// How it ended; `nil` while it runs.
    package var ending: Ending? {
        let (ending, isNew) = state.withLock { state -> (Ending?, Bool) in
            if case .ended(let ending) = state { return (ending, false) }
            var status: Int32 = 0
            guard waitpid(id, &status, WNOHANG) == id else { return (nil, false) }
            let signal = status & 0x7f
            let ending: Ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
            state = .ended(ending)
            return (ending, true)
        }
        if isNew { sandbox.forget(id) }
        return ending
    }

    /// Waits until it has ended.
    /// - Throws: ``FleetError`` when it hasn't in time.
    @discardableResult
    package func wait(within limit: Duration) async throws -> Ending {
        do {
            return try await eventually("\(name) has ended", within: limit) { self.ending }
        } catch {
            throw FleetError("\(error)\n\(tail)")
        }
    }

    /// What it has written to standard output so far.
    package var standardOutput: String { Self.text(output) }

    /// What it has written to standard error so far.
    package var standardError: String { Self.text(errors) }

    /// The end of what it said, to show when something went wrong.
    package var tail: String { "\(name): \(standardOutput.suffix(1000))\(standardError.suffix(4000))" }

    /// The path of the file with its standard output.
    package var outputFile: String { output }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// Waits until there is a value.
/// - Throws: ``FleetError`` when there is none in time; what `value` throws.
package func eventually<Value>(
    _ what: String,
    within limit: Duration = .seconds(60),
    _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await value() { return value }
        guard ContinuousClock.now < deadline else { throw FleetError("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Waits until something is true.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    isTrue: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: limit) { try await isTrue() ? true : nil }
}
