/// Names a text, from which all of it follows: texts are made when they are sent, and kept by nobody.
package struct TextReference: Sendable, Equatable {
    enum Form: UInt8, Sendable {
        case lua, redirect, json, styles, wikitext
    }

    let form: Form
    /// Texts with the same number are versions and translations of one.
    let family: UInt64
    let version: UInt32
    /// The place of its strings' language among all; 0 for English.
    let language: UInt8
    /// In bytes.
    let length: Int
    /// What a redirect says.
    private let target: [UInt8]

    /// - Parameter length: at least ``shortest``.
    init(_ form: Form, family: UInt64, version: UInt32 = 0, language: UInt8 = 0, length: Int) {
        self.form = form
        self.family = family
        self.version = version
        self.language = language
        self.length = form == .lua ? max(length, Self.shortest) : length
        target = []
    }

    /// A module that redirects. Source: extension Scribunto, LuaEngine::getRedirectTarget.
    init(redirectTo namespace: String, title: [UInt8]) {
        form = .redirect
        family = 0
        version = 0
        language = 0
        target = Array("return require [[\(namespace):".utf8) + title + Array("]]".utf8)
        length = target.count
    }

    /// The text after an edit.
    func edited(version: UInt32, length: Int) -> TextReference {
        TextReference(.lua, family: family, version: version, language: language, length: length)
    }

    /// Every Lua text has at least so many bytes.
    static let shortest = 400

    /// Lengths as modules have them: half are short, a few are long, the average is 6 KB.
    static func length(by number: UInt64) -> Int {
        let place = (number >> 16)
        return switch number % 100 {
        case 0..<50: Chance.pick(shortest...3000, by: place)
        case 50..<85: Chance.pick(3000...9000, by: place)
        case 85..<97: Chance.pick(9000...25_000, by: place)
        default: Chance.pick(25_000...60_000, by: place)
        }
    }

    // MARK: Writing it out

    /// All of it.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        forEachPiece { piece in
            switch piece {
            case .block(let block): bytes += block.text
            case .text(let text): bytes += text
            case .spaces(let count): bytes += [UInt8](repeating: UInt8(ascii: " "), count: count)
            }
        }
        return bytes
    }

    enum Piece {
        case block(Corpus.Block)
        case text([UInt8])
        case spaces(Int)
    }

    func forEachPiece(_ take: (Piece) -> Void) {
        switch form {
        case .redirect: take(.text(target))
        case .lua: lua(take)
        case .json: padded("{\"family\": \(family), \"version\": \(version), \"note\": \"", "\"}", take)
        case .styles: padded("/* \(family) \(version) */\n.module { color: #123; }\n/*", "*/", take)
        case .wikitext: padded("Documentation \(family) \(version) of {{PAGENAME}}.", "end", take)
        }
    }

    private func lua(_ take: (Piece) -> Void) {
        let word = Language.all[Int(language)].words[Int(family % 3)]
        let head = Array(
            """
            -- Module \(family), version \(version)
            local p = {}
            local messages = { title = "\(word)", lang = '\(Language.all[Int(language)].code)' }

            """.utf8
        )
        take(.text(head))
        let tail = Array("return p".utf8)
        var left = length - head.count - tail.count
        var number = family
        while true {
            number = Chance.number(number, 7)
            let block = Corpus.shared.block(number)
            guard left > block.text.count else { break }
            take(.block(block))
            left -= block.text.count
        }
        take(.spaces(left))
        take(.text(tail))
    }

    private func padded(_ head: String, _ tail: String, _ take: (Piece) -> Void) {
        let (head, tail) = (Array(head.utf8), Array(tail.utf8))
        guard head.count + tail.count <= length else {
            // Too short to say anything; not white space at its ends, which MediaWiki takes away.
            take(.text([UInt8](repeating: UInt8(ascii: form == .json ? "1" : "x"), count: length)))
            return
        }
        take(.text(head))
        take(.spaces(length - head.count - tail.count))
        take(.text(tail))
    }
}
