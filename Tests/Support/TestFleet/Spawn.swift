import Glibc

/// What a child process is started with.
struct Spawn {
    let command: [String]
    /// A descriptor; `nil` for nothing to read.
    let input: Int32?
    /// Files, to which is appended.
    let output: String
    let error: String
    let environment: [String: String]

    /// Starts it in a session of its own, so that Ctrl-C doesn't end it.
    func start() throws -> pid_t {
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
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw FleetError("\(command[0]) can't be started (error \(code)): is it installed?") }
        return process
    }
}
