import FoundationEssentials
package import MariaDB

/// Reads times as operators write them.
package enum PauseTimes {
    /// A duration such as `90s`, `30m`, `2h30m` or `7d`; `nil` for other text, for none at all and for more than ten years.
    package static func duration(_ text: String) -> Duration? {
        var seconds: Int64 = 0
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let unit = units[character], digits.count <= 9, let number = Int64(digits) else { return nil }
            seconds += number * unit
            digits = ""
        }
        guard digits.isEmpty, seconds > 0, seconds <= 10 * 365 * 86_400 else { return nil }
        return .seconds(seconds)
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// A time in UTC such as `2026-11-22`, `2026-11-22 18:00` or `2026-11-22T18:00:00Z`; `nil` for other text.
    package static func time(_ text: String) -> Timestamp? {
        var words = text.split(whereSeparator: { $0 == " " || $0 == "T" }).map(String.init)
        guard let date = words.first, words.count <= 2 else { return nil }
        var clock = words.count == 2 ? words.removeLast() : "00:00:00"
        if clock.hasSuffix("Z") { clock.removeLast() }
        if clock.count(where: { $0 == ":" }) == 1 { clock += ":00" }
        guard let time = try? Date("\(date)T\(clock)Z", strategy: .iso8601) else { return nil }
        let timestamp = Timestamp(microseconds: Int64(time.timeIntervalSince1970) * 1_000_000)
        // 25 o'clock and the 31st of February are other days.
        return timestamp.description.hasPrefix(date) ? timestamp : nil
    }
}
