import ArgumentParser

struct ModulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modules",
        abstract: "The result, without SQL.",
        subcommands: [ModulesList.self, ModulesShow.self, ModulesExport.self, ModulesPurgeCommand.self]
    )
}
