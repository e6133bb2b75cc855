import FoundationEssentials

/// The two forms in which a wiki tells the time, both UTC.
enum CivilTime {
    /// `2026-11-22T06:10:00Z`, as the API gives it.
    static func parse(iso8601 text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let clock = seconds(bytes[11..<19])
        else { return nil }
        return date(year: year, month: month, day: day, seconds: clock)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the form of RFC 9110, section 5.6.7, that servers must send.
    static func parse(httpDate text: String) -> Date? {
        let words = text.split(separator: " ").map { Array($0.utf8) }
        guard words.count == 6, words[5] == Array("GMT".utf8), let day = number(words[1][...]),
            let month = months.firstIndex(of: String(decoding: words[2], as: UTF8.self)),
            let year = number(words[3][...]),
            words[4].count == 8, let clock = seconds(words[4][...])
        else { return nil }
        return date(year: year, month: month + 1, day: day, seconds: clock)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 4 else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// The seconds of the day of `08:49:37`.
    private static func seconds(_ clock: ArraySlice<UInt8>) -> Int? {
        let parts = clock.split(separator: UInt8(ascii: ":")).map { number($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2], hour < 24,
            minute < 60,
            second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    private static func date(year: Int, month: Int, day: Int, seconds: Int) -> Date? {
        guard (1...12).contains(month), (1...31).contains(day), year >= 1 else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return Date(timeIntervalSince1970: Double(days * 86_400 + seconds))
    }
}
