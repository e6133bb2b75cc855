import ArgumentParser
import FoundationEssentials
import Glibc
import WikiSimulator

/// Runs a simulator as a process of its own, until it is told to stop.
@main
struct WikiSimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wiki-simulator",
        abstract: "Many wikis in one server, with whatever can go wrong with them. For tests and measurements."
    )

    @Option(help: "Address and port; port 0 for a free one.")
    var listen = "127.0.0.1:0"

    @Option(help: "What all chance follows from.")
    var seed: UInt64 = 1

    @Option(help: "The sizes of the wikis: \(Preset.named.keys.sorted().joined(separator: ", ")).")
    var preset = "small"

    @Option(help: "So many wikis of so many pages instead: 1000x100.")
    var wikis: String?

    @Option(help: "Over how many sites the wikis are spread; 0: each is its own.")
    var sites = 1

    @Option(help: "Each answer comes so much later.")
    var latencyMs = 0

    @Option(help: "Edits that go on by themselves.")
    var editsPerSecond = 0.0

    @Option(help: "A file with a JSON array of rules for faults.")
    var faults: String?

    @Option(help: "A file for one line of JSON per request.")
    var log: String?

    @Option(help: "A file that gets the address, when requests are taken.")
    var ready: String?

    @Option(help: "A file that gets the list of wikis, for: perigee wikis sync --from FILE.")
    var wikisFile: String?

    func run() async throws {
        var settings = SimulatorSettings(try chosenPreset(), seed: seed)
        let parts = listen.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw ValidationError("--listen wants HOST:PORT, such as 127.0.0.1:0")
        }
        settings.host = String(parts[0])
        settings.port = port
        settings.latencyMilliseconds = latencyMs
        settings.editsPerSecond = editsPerSecond
        settings.logFile = log
        if let faults {
            let json = try Data(contentsOf: URL(filePath: faults))
            settings.faults = try JSONDecoder().decode([FaultRule].self, from: json)
        }
        let simulator = try await WikiSimulator.start(settings)
        let base = "http://\(settings.host):\(simulator.port)"
        if let wikisFile { try Data(simulator.wikisFile().utf8).write(to: URL(filePath: wikisFile), options: .atomic) }
        if let ready { try Data("\(base)\n".utf8).write(to: URL(filePath: ready), options: .atomic) }
        print("\(settings.preset.wikiCount) wikis with \(settings.preset.pageCount) pages at \(base)")
        fflush(nil)
        // Signals end the process: there is nothing to save.
        try await simulator.wait()
    }

    private func chosenPreset() throws -> Preset {
        var preset: Preset
        if let wikis {
            let numbers = wikis.split(separator: "x").map { Int($0) }
            guard numbers.count == 2, let count = numbers[0], let pages = numbers[1], count > 0, pages >= 0 else {
                throw ValidationError("--wikis wants COUNTxPAGES, such as 1000x100")
            }
            preset = Preset(bands: [Preset.Band(wikis: count, pages: pages)])
        } else {
            guard let named = Preset.named[self.preset] else {
                throw ValidationError("there is no preset \(self.preset)")
            }
            preset = named
        }
        preset.sites = sites == 0 ? .each : sites == 1 ? .one : .several(sites)
        return preset
    }
}
