/// Where people read the pages of a wiki.
struct WikiAddress: Sendable {
    private let script: [UInt8]

    /// - Parameter url: what `/api.php` is appended to; `index.php` stands beside it.
    init(url: String) { script = Array("\(url)/index.php?".utf8) }

    /// A page by its full title.
    func page(_ title: [UInt8]) -> [UInt8] { script + Array("title=".utf8) + Self.encoded(title) }

    /// A revision: its number is enough, and is right also after the page was moved.
    func revision(_ id: UInt64) -> [UInt8] { script + Array("oldid=\(id)".utf8) }

    /// The list of a page's revisions with their authors, wherever it is by now.
    func history(ofPage id: UInt64) -> [UInt8] { script + Array("curid=\(id)&action=history".utf8) }

    /// As MediaWiki writes titles into URLs: underscores, and percent signs for all that may not stand in a query.
    private static func encoded(_ title: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return title.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: " "): [UInt8(ascii: "_")]
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                [byte]
            case _ where "-_.~:/".utf8.contains(byte): [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
