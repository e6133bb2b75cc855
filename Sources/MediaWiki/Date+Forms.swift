import FoundationEssentials

/// The two forms in which a wiki tells the time, both UTC. `nil` for other text.
extension Date {
    /// `2026-11-22T06:10:00Z`, as the API gives it.
    init?(wikiTime text: String) {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        self = date
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the form of RFC 9110, section 5.6.7, that servers must send.
    init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2,
            let month = Self.months.firstIndex(where: { $0 == words[2] })
        else { return nil }
        self.init(wikiTime: "\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
