/// The titles of a wiki's pages: the page that comes n-th in the order of bytes has the n-th title.
struct Titles: Sendable {
    /// What titles begin with, in the order of their bytes. None is the beginning of another.
    private let beginnings: [[UInt8]]

    private static let words = [
        "Arguments", "Citation", "Convert", "Coordinates", "Date time", "Flags", "Infobox", "Languages", "Location map",
        "Math", "Navbox", "Number", "Protection", "Roman", "Section link", "String", "TableTools", "URL", "Unicode",
        "Wikidata", "Yesno",
    ]

    private static let upper = Language.all.map { Titles($0, isCapitalised: true) }
    private static let lower = Language.all.map { Titles($0, isCapitalised: false) }

    /// Those of a wiki in this language.
    static func of(language: Int, isCapitalised: Bool) -> Titles {
        isCapitalised ? upper[language] : lower[language]
    }

    private init(_ language: Language, isCapitalised: Bool) {
        let words = (isCapitalised ? Self.words : Self.words.map { $0.lowercased() }) + language.words
        var beginnings: [[UInt8]] = []
        for (number, word) in words.enumerated() {
            let key = Array(word.utf8).map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
            beginnings.append(key + [number % 4 == 1 ? UInt8(ascii: "/") : UInt8(ascii: "_")])
        }
        self.beginnings = beginnings.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The title of the page at `position` of `count`, in database form, without its suffix.
    func title(_ position: Int, of count: Int) -> [UInt8] {
        var title = beginnings[position * beginnings.count / max(count, 1)]
        Self.append(position, digits: 7, to: &title)
        return title
    }

    /// A title for a page that comes or moves: it is somewhere between the others, and like none of them.
    func fresh(_ number: UInt64, unique: UInt64) -> [UInt8] {
        var title = beginnings[Int(number % UInt64(beginnings.count))]
        title += Array("x".utf8)
        Self.append(Int(number >> 32) % 10_000_000, digits: 7, to: &title)
        title += Array("_\(unique)".utf8)
        return title
    }

    private static func append(_ number: Int, digits: Int, to title: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            title.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
