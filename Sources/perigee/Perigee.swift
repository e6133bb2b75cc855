import ArgumentParser
import CLI
import Glibc

@main
struct Perigee: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perigee",
        abstract: "Gathers the Lua modules of every Wikimedia wiki into one database.",
        version: Version.current,
        subcommands: [
            MigrateCommand.self, DoctorCommand.self, HealthCommand.self, CoordinatorCommand.self, WorkerCommand.self,
            WikisCommand.self, RunCommand.self, RunsCommand.self, StatusCommand.self, JobsCommand.self,
            WorkersCommand.self, ModulesCommand.self,
        ]
    )

    static func main() async {
        // A peer that hangs up is an error of that connection, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            if error is CleanExit || error is ValidationError || error is ExitCode
                || exitCode(for: error) == .validationFailure
            {
                exit(withError: error)
            }
            Exit.tell(error)
            exit(withError: ExitCode(Exit.code(for: error)))
        }
    }
}
