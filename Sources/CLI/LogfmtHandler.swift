import FoundationEssentials
import Glibc
package import Logging
import MariaDB

/// Writes one line of logfmt per message to standard error: `time level message key=value …`.
package struct LogfmtHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String

    /// Makes a handler for the logger called `label`.
    package init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = "time=\(Timestamp.now) level=\(event.level) logger=\(label) msg=\(Self.quoted("\(event.message)"))"
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) where "\(value)" != "" {
            line += " \(key)=\(Self.quoted("\(value)"))"
        }
        line += "\n"
        // One call per line: the lines of several processes on one terminal stay whole.
        let bytes = Array(line.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// In quotes where a reader of logfmt needs them.
    static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.value != 0x7f }
        if isPlain, !text.isEmpty { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
                quoted += "\\u{\(String(scalar.value, radix: 16))}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Settings {
    /// A logger of this program.
    /// - Parameter standard: the level when the settings name none: commands that a person waits for say little.
    /// - Throws: ``SettingsError`` when the level isn't one.
    package func logger(label: String, standard: Logger.Level = .warning) throws -> Logger {
        let name = string(.logLevel) ?? standard.rawValue
        guard let level = Logger.Level(rawValue: name) else {
            throw SettingsError(
                "log.level is \"\(name)\", not one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return Logger(label: label) { LogfmtHandler(label: $0, level: level) }
    }
}
