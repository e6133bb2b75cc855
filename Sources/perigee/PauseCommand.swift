import ArgumentParser
import CLI

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Grants no more jobs of a kind, a wiki or a site.",
        discussion: """
            What is leased goes on, and no job loses an attempt. A pause outlives the coordinator; perigee status shows it. \
            Another pause of the same takes its place.
            """
    )

    @OptionGroup var options: SettingsOptions

    @Argument(help: "A kind, a wiki or a site; with kind:, wiki: or site: before it where that isn't clear.")
    var name: String

    @Option(help: "When it ends by itself, in UTC: 2026-11-22, \"2026-11-22 18:00\".")
    var until: PauseTime?

    @Option(name: .customLong("for"), help: "After how long it ends by itself: 90s, 30m, 2h30m, 7d.")
    var duration: PauseDuration?

    @Option(help: "Why, for those who see it.")
    var reason: String?

    func validate() throws {
        guard until == nil || duration == nil else { throw ValidationError("give --until or --for, not both") }
    }

    func run() async throws {
        let end = until?.end ?? duration?.end ?? .never
        try await Pausing.pause(options.load(), name: name, end: end, reason: reason)
    }
}

/// A time in UTC.
struct PauseTime: ExpressibleByArgument {
    let end: Pausing.End

    init?(argument: String) {
        guard let time = PauseTimes.time(argument) else { return nil }
        end = .at(time)
    }
}

/// A duration.
struct PauseDuration: ExpressibleByArgument {
    let end: Pausing.End

    init?(argument: String) {
        guard let duration = PauseTimes.duration(argument) else { return nil }
        end = .after(duration)
    }
}
