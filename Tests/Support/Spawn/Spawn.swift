package import Glibc

/// What a child process of a test is started with.
package struct Spawn {
    /// The program, looked for in PATH, and its arguments.
    package var command: [String]
    /// A descriptor; `nil` for nothing to read.
    package var input: Int32?
    /// The files that standard output and standard error are appended to.
    package var output: String
    package var error: String
    /// `nil` for that of this process.
    package var environment: [String: String]?

    package init(
        command: [String],
        input: Int32? = nil,
        output: String,
        error: String,
        environment: [String: String]? = nil
    ) {
        self.command = command
        self.input = input
        self.output = output
        self.error = error
        self.environment = environment
    }

    /// Starts it in a session of its own, so that Ctrl-C doesn't end it.
    /// - Throws: ``SpawnError``.
    package func start() throws(SpawnError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let appending = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output, appending, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, error, appending, 0o600)
        // Sockets of libraries aren't all close-on-exec: a child that has one keeps its connection open. Closing what isn't
        // open is no error.
        for descriptor in 3..<Self.descriptors { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // With SIGCHLD blocked, as test runners have it, a shell waits for ever for its children.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        // POSIX_SPAWN_SETSID is defined only with _GNU_SOURCE, so it isn't imported.
        let newSession: Int16 = 0x80
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | newSession)
        var arguments = command.map { strdup($0) } + [nil]
        var variables = (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process: pid_t = 0
        let code =
            environment == nil
            ? posix_spawnp(&process, command[0], &actions, &attributes, &arguments, environ)
            : posix_spawnp(&process, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw SpawnError(program: command[0], code: code) }
        return process
    }

    /// More than tests have open at once, and not more than there can be.
    private static let descriptors: Int32 = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return 1024 }
        return Int32(min(limit.rlim_cur, 4096))
    }()
}

/// A program can't be started.
package struct SpawnError: Error, Sendable, CustomStringConvertible {
    package let program: String
    package let code: Int32

    package var description: String { "\(program) can't be started (error \(code)): is it installed?" }
}
