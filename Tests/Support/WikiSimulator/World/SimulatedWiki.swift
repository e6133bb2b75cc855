/// One wiki before any edit: all of it follows from the seed and its index, and nothing is kept.
package struct SimulatedWiki: Sendable {
    /// Its place among the wikis of the simulator.
    package let index: Int
    package let dbname: String
    package let family: String
    /// The pages of namespace 828.
    package let pageCount: Int
    /// Whether it has no namespace 828.
    package let isPlain: Bool
    /// Whether nobody edits it any more; the first wiki is always open.
    package let isClosed: Bool
    /// The place of its language among all.
    let languageIndex: Int
    let titles: Titles
    let key: UInt64
    private let preset: Preset
    private let multiplier: Int
    private let inverse: Int

    /// Page ids begin behind this one.
    private static let firstPageID: Int64 = 11
    private static let firstRevisionID: Int64 = 100_000
    private static let families = ["wiki", "wiktionary", "wikibooks", "wikisource", "wikiquote"]
    /// Primes larger than any wiki, so that no number of pages has a divisor in common with them.
    private static let primes = [1_299_709, 15_485_863, 32_452_843]
    /// 2012-01-01 and so many seconds after that, to the end of 2025.
    private static let epoch: Int64 = 1_325_376_000
    private static let span: UInt64 = 441_763_200

    /// - Parameter pageCount: by the preset's bands.
    init(index: Int, pageCount: Int, preset: Preset, seed: UInt64) {
        self.index = index
        self.preset = preset
        key = Chance.number(seed, UInt64(index), 1)
        languageIndex = index % Language.all.count
        let suffix = Self.families[Int(key % 16) < 10 ? 0 : Int(key % 16) % 5]
        dbname = "\(Language.all[languageIndex].code)\(index)\(suffix)"
        family = suffix == "wiki" ? "wikipedia" : suffix
        isPlain = preset.plainWikiEvery > 0 && index % preset.plainWikiEvery == preset.plainWikiEvery - 1
        self.pageCount = isPlain ? 0 : pageCount
        isClosed = index > 0 && Chance.number(key, 2).isMultiple(of: 23)
        titles = Titles.of(language: languageIndex, isCapitalised: suffix != "wiktionary")
        let count = max(self.pageCount, 1)
        multiplier = Self.primes[Int((key >> 8) % 3)] % count
        inverse = Self.inverse(of: multiplier, modulo: count)
    }

    package var language: Language { Language.all[languageIndex] }

    /// The page ids that it gives to pages which come later begin here.
    var nextPageID: Int64 { Self.firstPageID + Int64(pageCount) }

    /// The revision ids that it gives to edits begin here.
    var nextRevisionID: Int64 { Self.firstRevisionID + 3 * nextPageID }

    // MARK: Pages

    /// The page that comes at this place in the order of titles.
    func page(at position: Int) -> PageRecord {
        page(at: position, id: Self.firstPageID + Int64(position * multiplier % max(pageCount, 1)))
    }

    /// The page with this id; `nil` when there was none before the first edit.
    func page(id: Int64) -> PageRecord? {
        let offset = Int(clamping: id - Self.firstPageID)
        guard offset >= 0, offset < pageCount else { return nil }
        return page(at: offset * inverse % pageCount, id: id)
    }

    /// The place of the first page whose title isn't before `title`.
    func position(from title: [UInt8]) -> Int {
        var (low, high) = (0, pageCount)
        while low < high {
            let middle = (low + high) / 2
            if page(at: middle).title.lexicographicallyPrecedes(title) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func page(at position: Int, id: Int64) -> PageRecord {
        let number = Chance.number(key, UInt64(position), 3)
        let revision = Self.firstRevisionID + 3 * id + Int64((number >> 40) % 3)
        var title = titles.title(position, of: pageCount)
        var share = Int(number % 1000)
        func isIn(_ part: Int) -> Bool {
            share -= part
            return share < 0
        }
        let shares = preset.shares
        var model = PageRecord.Model.scribunto
        var visibility = PageRecord.Visibility.visible
        var isRedirect = false
        var text = plainText(number, id: id)
        if isIn(shares.documentation) {
            model = .wikitext
            title += Array(language.documentationSuffix.utf8)
            text = TextReference(.wikitext, family: number, length: 40 + Int((number >> 20) % 900))
        } else if isIn(shares.json) {
            model = .json
            title += Array(".json".utf8)
            text = TextReference(.json, family: number, length: 60 + Int((number >> 20) % 4000))
        } else if isIn(shares.styles) {
            model = .styles
            title += Array("/styles.css".utf8)
            text = TextReference(.styles, family: number, length: 60 + Int((number >> 20) % 2000))
        } else if isIn(shares.redirects), position > 0 {
            isRedirect = true
            let target = titles.title(0, of: pageCount)
            text = TextReference(redirectTo: language.moduleNamespace, title: target)
        } else if isIn(shares.hidden) {
            visibility = .hidden
        } else if isIn(shares.suppressed) {
            visibility = .suppressed
        } else if isIn(shares.lost) {
            visibility = .lost
        }
        return PageRecord(
            pageID: id,
            namespace: 828,
            title: title,
            lastRevisionID: revision,
            parentRevisionID: number.isMultiple(of: 3) ? 0 : revision - 90_000,
            timestamp: Self.epoch + Int64((number >> 16) % Self.span),
            model: model,
            text: text,
            visibility: visibility,
            isRedirect: isRedirect,
            isDeleted: false
        )
    }

    /// A module of its own, or its copy of one that many wikis have, which may be outdated or translated.
    private func plainText(_ number: UInt64, id: Int64) -> TextReference {
        let chance = Chance.number(number, 4)
        if Int(chance % 1000) < preset.shares.huge {
            return TextReference(.lua, family: chance, length: 1_200_000 + Int((chance >> 20) % 897_152))
        }
        guard Int((chance >> 10) % 1000) < preset.shares.shared, preset.sharedModules > 0 else {
            return TextReference(.lua, family: chance | 1 << 63, length: TextReference.length(by: chance >> 12))
        }
        // The square makes some modules much more common than others.
        let part = Double((chance >> 20) % 1_000_000) / 1_000_000
        let module = UInt64(part * part * Double(preset.sharedModules))
        let isTranslated = (chance >> 44) % 4 == 0
        return TextReference(
            .lua,
            family: module,
            version: (chance >> 48) % 8 < 5 ? 3 : UInt32((chance >> 52) % 3),
            language: isTranslated ? UInt8(languageIndex) : 0,
            length: TextReference.length(by: Chance.number(module, 5))
        )
    }

    private static func inverse(of number: Int, modulo count: Int) -> Int {
        var (old, new) = ((remainder: number % count, factor: 1), (remainder: count, factor: 0))
        while new.remainder != 0 {
            let quotient = old.remainder / new.remainder
            (old, new) = (
                new, (old.remainder - quotient * new.remainder, old.factor - quotient * new.factor)
            )
        }
        return count == 1 ? 0 : ((old.factor % count) + count) % count
    }
}
