import FoundationEssentials
import Yams

/// The file with settings: YAML, sections with plain values.
enum SettingsFile {
    /// Reads a file.
    /// - Throws: ``SettingsError`` when it can't be read, isn't YAML or has a setting that isn't known.
    static func read(_ path: String) throws -> [SettingKey: String] {
        guard let data = FileManager.default.contents(atPath: path), data.count < 1 << 20,
            let text = String(validating: data, as: UTF8.self)
        else { throw SettingsError("the settings file \(path) can't be read") }
        do {
            return try settings(in: text, of: path)
        } catch let error as YamlError {
            throw SettingsError("the settings file \(path) isn't proper YAML: \(error)")
        }
    }

    private static func settings(in text: String, of path: String) throws -> [SettingKey: String] {
        guard let root = try Yams.compose(yaml: text) else { return [:] }
        guard case .mapping(let sections) = root else {
            throw SettingsError("the settings file \(path) has no sections at its top, such as \"database:\"")
        }
        var found: [SettingKey: String] = [:]
        for (section, content) in sections {
            let name = section.string ?? "?"
            guard case .mapping(let values) = content else {
                guard SettingKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) else {
                    throw SettingsError(unknown: name, in: path, known: SettingKey.all.map(\.name))
                }
                // A section in which all is commented out.
                if content.scalar?.string.isEmpty ?? false { continue }
                throw SettingsError("the settings file \(path): \(name) is a section, with settings below it")
            }
            for (key, value) in values {
                let name = "\(name).\(key.string ?? "?")"
                guard let known = SettingKey.all.first(where: { $0.name == name }) else {
                    throw SettingsError(unknown: name, in: path, known: SettingKey.all.map(\.name))
                }
                guard case .scalar(let scalar) = value else {
                    throw SettingsError("the settings file \(path): \(name) has to be one plain value")
                }
                found[known] = scalar.string
            }
        }
        return found
    }
}
