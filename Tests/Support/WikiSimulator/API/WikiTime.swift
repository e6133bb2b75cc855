/// Times as wikis and web servers write them.
enum WikiTime {
    /// `2026-11-22T06:10:00Z`
    static func iso(_ seconds: Int64) -> String {
        let (year, month, day, rest) = civil(seconds)
        return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }

    /// `20261122061000`, as continuations have it.
    static func compact(_ seconds: Int64) -> String {
        let (year, month, day, rest) = civil(seconds)
        return "\(year)\(two(month))\(two(day))\(two(rest / 3600))\(two(rest / 60 % 60))\(two(rest % 60))"
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    static func http(_ seconds: Int64) -> String {
        let (year, month, day, rest) = civil(seconds)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((seconds / 86_400) % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekday), \(two(day)) \(months[month - 1]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    }

    /// Seconds since 1970 of either form above, or of plain seconds.
    static func parse(_ text: String) -> Int64? {
        let digits = text.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let number = String(decoding: digits, as: UTF8.self)
        if digits.count == text.utf8.count, digits.count != 14 { return Int64(text) }
        // Milliseconds may follow.
        guard digits.count == 14 || digits.count == 17, text.utf8.allSatisfy({ "0123456789-T:.Z".utf8.contains($0) })
        else { return nil }
        func part(_ from: Int, _ count: Int) -> Int { Int(number.dropFirst(from).prefix(count)) ?? 0 }
        let (month, day) = (part(4, 2), part(6, 2))
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let days = days(year: part(0, 4), month: month, day: day)
        return Int64(days) * 86_400 + Int64(part(8, 2) * 3600 + part(10, 2) * 60 + part(12, 2))
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    private static func civil(_ seconds: Int64) -> (year: Int, month: Int, day: Int, rest: Int) {
        let shifted = Int(seconds / 86_400) + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * part + 2) / 5 + 1, Int(seconds % 86_400))
    }

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
