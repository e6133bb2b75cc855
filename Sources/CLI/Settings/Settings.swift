import FoundationEssentials

/// The settings in force: flags over environment over file over standard.
package struct Settings: Sendable {
    /// Where a value came from.
    package enum Origin: Sendable, Equatable, CustomStringConvertible {
        case flag, environment, file(String), standard

        package var description: String {
            switch self {
            case .flag: "flag"
            case .environment: "environment"
            case .file(let path): path
            case .standard: "standard"
            }
        }
    }

    private let values: [SettingKey: (value: String, origin: Origin)]

    /// Where the file is looked for when nobody says.
    package static let standardFile = "perigee.yaml"

    /// Puts the settings together.
    /// - Parameters:
    ///   - flags: what was said on the command line.
    ///   - environment: all variables; those that begin with `PERIGEE_` are settings.
    ///   - file: must exist; `nil` for ``standardFile``, which need not.
    /// - Throws: ``SettingsError``.
    package init(flags: [SettingKey: String], environment: [String: String], file: String?) throws {
        let path = file ?? environment["PERIGEE_CONFIG"]
        var values: [SettingKey: (value: String, origin: Origin)] = [:]
        for key in SettingKey.all {
            if let standard = key.standard { values[key] = (standard, .standard) }
        }
        let named = path ?? Self.standardFile
        if path != nil || FileManager.default.fileExists(atPath: named) {
            for (key, value) in try SettingsFile.read(named) { values[key] = (value, .file(named)) }
        }
        for (key, value) in try Self.settings(in: environment) { values[key] = (value, .environment) }
        for (key, value) in flags { values[key] = (value, .flag) }
        self.values = values
    }

    /// The value of a setting; `nil` when it is not set or empty.
    package func string(_ key: SettingKey) -> String? {
        values[key].flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The value of a setting that has to be there.
    /// - Throws: ``SettingsError``.
    package func required(_ key: SettingKey) throws -> String {
        guard let value = string(key) else {
            throw SettingsError("\(key.name) is not set (\(key.summary)); set it in perigee.yaml or as \(key.variable)")
        }
        return value
    }

    /// The value of a setting that is a whole number.
    /// - Throws: ``SettingsError`` when it is none, or not in `range`.
    package func integer(_ key: SettingKey, in range: ClosedRange<Int>) throws -> Int {
        let value = try required(key)
        guard let number = Int(value), range.contains(number) else {
            throw SettingsError(
                "\(key.name) is \"\(value)\", not a number from \(range.lowerBound) to \(range.upperBound)"
                    + " (from: \(origin(key)))"
            )
        }
        return number
    }

    /// Where the value of a setting came from.
    package func origin(_ key: SettingKey) -> Origin { values[key]?.origin ?? .standard }

    private static func settings(in environment: [String: String]) throws -> [SettingKey: String] {
        var found: [SettingKey: String] = [:]
        let known = Dictionary(SettingKey.all.map { ($0.variable, $0) }, uniquingKeysWith: { first, _ in first })
        for (variable, value) in environment where variable.hasPrefix("PERIGEE_") && variable != "PERIGEE_CONFIG" {
            guard let key = known[variable] else {
                if isServiceLink(variable) { continue }
                throw SettingsError(
                    unknown: variable,
                    in: "the environment",
                    known: SettingKey.all.map(\.variable)
                )
            }
            found[key] = value
        }
        return found
    }
}

extension Settings {
    /// Whether Kubernetes sets such a variable in each container, for a Service whose name begins with `perigee-`.
    /// Source: Kubernetes, "Service", section "Environment variables".
    private static func isServiceLink(_ variable: String) -> Bool {
        variable.contains(/_SERVICE_(HOST|PORT)(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/)
    }
}

/// The settings can't be used.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    init(unknown name: String, in place: String, known: [String]) {
        self.init(
            "\(place) has the setting \(name), which Perigee doesn't know\(Suggestion.hint(for: name, in: known))"
        )
    }
}
