import FoundationEssentials
import Testing

@testable import CLI

@Suite struct SettingsTests {
    /// Writes `text` to a file of its own and gives its path to `body`.
    func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "perigee-\(UInt64.random(in: 0 ... .max)).yaml"
        )
        .path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    @Test func flagsWinOverEnvironmentWinsOverFileWinsOverStandard() throws {
        try withFile("worker:\n  slots: 2\n  grace_seconds: 3\n  name: from-file\ndatabase:\n  name: d") { path in
            let settings = try Settings(
                flags: [.workerSlots: "8"],
                environment: ["PERIGEE_WORKER_SLOTS": "4", "PERIGEE_WORKER_GRACE_SECONDS": "5", "HOME": "/"],
                file: path
            )
            #expect(settings.string(.workerSlots) == "8")
            #expect(settings.origin(.workerSlots) == .flag)
            #expect(settings.string(.workerGrace) == "5")
            #expect(settings.origin(.workerGrace) == .environment)
            #expect(settings.string(.workerName) == "from-file")
            #expect(settings.origin(.workerName) == .file(path))
            #expect(settings.string(.siteInFlight) == "3")
            #expect(settings.origin(.siteInFlight) == .standard)
        }
    }

    @Test func theEnvironmentCanNameTheFile() throws {
        try withFile("worker:\n  slots: 2") { path in
            let settings = try Settings(flags: [:], environment: ["PERIGEE_CONFIG": path], file: nil)
            #expect(settings.string(.workerSlots) == "2")
        }
    }

    @Test(arguments: [
        ("worker:\n  slot: 2", "worker.slot", "worker.slots"),
        ("databse:\n  name: x", "databse.name", "database.name"),
    ])
    func unknownKeyInTheFileIsAnErrorWithTheNearestName(text: String, unknown: String, nearest: String) throws {
        let error = try withFile(text) { path in
            #expect(throws: SettingsError.self) { try Settings(flags: [:], environment: [:], file: path) }
        }
        let description = try #require(error).description
        #expect(description.contains(unknown))
        #expect(description.contains("did you mean \(nearest)?"))
    }

    @Test func unknownVariableIsAnErrorWithTheNearestName() throws {
        let error = #expect(throws: SettingsError.self) {
            try Settings(flags: [:], environment: ["PERIGEE_WORKER_SLOT": "1"], file: nil)
        }
        #expect("\(error, default: "")".contains("did you mean PERIGEE_WORKER_SLOTS?"))
    }

    @Test(arguments: [
        "worker: [", "- a\n- b", "worker: 3", "worker:\n  slots: [1]", "worker:\n  slots:\n    x: 1", "\u{0}",
    ])
    func fileThatIsNoSettingsFileIsAnError(text: String) throws {
        try withFile(text) { path in
            let error = #expect(throws: SettingsError.self) {
                try Settings(flags: [:], environment: [:], file: path)
            }
            #expect("\(error, default: "")".contains(path))
        }
    }

    @Test func emptyFileSetsNothing() throws {
        try withFile("# nothing\n") { path in
            let settings = try Settings(flags: [:], environment: [:], file: path)
            #expect(settings.origin(.workerSlots) == .standard)
        }
    }

    @Test func missingFileIsAnErrorOnlyWhenItWasNamed() throws {
        #expect(throws: SettingsError.self) {
            try Settings(flags: [:], environment: [:], file: "/nonexistent/perigee.yaml")
        }
    }

    @Test(arguments: ["0", "257", "-1", "four", "4.0", ""])
    func numberOutOfRangeIsAnErrorThatNamesTheSetting(value: String) throws {
        let settings = try Settings(flags: [.workerSlots: value], environment: [:], file: nil)
        let error = #expect(throws: SettingsError.self) { try settings.integer(.workerSlots, in: 1...256) }
        #expect("\(error, default: "")".contains("worker.slots"))
    }

    @Test func requiredSettingThatIsMissingSaysHowToSetIt() throws {
        let settings = try Settings(flags: [:], environment: [:], file: nil)
        let error = #expect(throws: SettingsError.self) { try settings.required(.databaseDefaultsFile) }
        let description = try #require(error).description
        #expect(description.contains("database.defaults_file"))
        #expect(description.contains("PERIGEE_DATABASE_DEFAULTS_FILE"))
    }

    @Test func everySettingHasOneNameAndOneVariable() {
        #expect(Set(SettingKey.all.map(\.name)).count == SettingKey.all.count)
        #expect(Set(SettingKey.all.map(\.variable)).count == SettingKey.all.count)
    }

    @Test func readmeHasThemAll() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let first = try #require(lines.firstIndex { $0.hasPrefix("| setting |") }) + 2
        let documented = lines[first...].prefix { $0.hasPrefix("|") }.map(String.init)
        let known = SettingKey.all.map { key in
            "| `\(key.name)` | \(key.summary) | \(key.standard.map { "`\($0)`" } ?? "") |"
        }
        #expect(documented == known)
    }
}

@Suite struct LogfmtTests {
    @Test(arguments: [
        ("plain", "plain"), ("", "\"\""), ("two words", "\"two words\""), ("a=b", "\"a=b\""),
        ("say \"x\"", "\"say \\\"x\\\"\""), ("line\nbreak", "\"line\\nbreak\""),
        ("\u{1b}[31m", "\"\\u{1b}[31m\""), ("Модуль", "Модуль"),
    ])
    func valuesAreQuotedWhereTheyHaveToBe(text: String, quoted: String) {
        #expect(LogfmtHandler.quoted(text) == quoted)
    }
}
