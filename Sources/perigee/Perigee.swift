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
            WorkersCommand.self, PauseCommand.self, ResumeCommand.self, ModulesCommand.self, RetentionCommand.self,
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
            // What argument-parser has to say itself: help, the version, what is wrong with the arguments.
            let code = exitCode(for: error)
            if code == .success || code == .validationFailure || error is ExitCode {
                if let complaint = unknownCommand(in: CommandLine.arguments.dropFirst()) {
                    Exit.tell(complaint)
                    exit(withError: ExitCode(complaint.code))
                }
                exit(withError: error)
            }
            Exit.tell(error)
            exit(withError: ExitCode(Exit.code(for: error)))
        }
    }

    /// The complaint about the first word that should name a command and doesn't; argument-parser only calls it unexpected.
    private static func unknownCommand(in words: ArraySlice<String>) -> Complaint? {
        var command: any ParsableCommand.Type = self
        for word in words where word != "help" {
            let known = command.configuration.subcommands
            guard !known.isEmpty, !word.hasPrefix("-") else { return nil }
            guard let next = known.first(where: { $0._commandName == word }) else {
                return Complaint(
                    Suggestion.unknown("command", word, inFew: known.map { $0._commandName }),
                    code: Exit.usage
                )
            }
            command = next
        }
        return nil
    }
}
