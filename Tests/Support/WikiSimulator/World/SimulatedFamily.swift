/// All wikis of a simulator before any edit: a value of a few bytes, however many there are.
package struct SimulatedFamily: Sendable {
    package let preset: Preset
    package let seed: UInt64

    package init(_ preset: Preset, seed: UInt64) {
        self.preset = preset
        self.seed = seed
    }

    /// How many wikis there are.
    package var count: Int { preset.wikiCount }

    /// The wiki at a place below ``count``.
    package subscript(index: Int) -> SimulatedWiki {
        SimulatedWiki(index: index, pageCount: pageCount(of: index), preset: preset, seed: seed)
    }

    /// The wiki of this name, if there is one.
    package func wiki(named dbname: String) -> SimulatedWiki? {
        let digits = dbname.utf8.drop { !Self.isDigit($0) }.prefix(while: Self.isDigit)
        guard digits.count < 10, let index = Int(String(decoding: digits, as: UTF8.self)), index < count else {
            return nil
        }
        let wiki = self[index]
        return wiki.dbname == dbname ? wiki : nil
    }

    /// Neighbours have as many more as less than the band says, so that the sum is exact.
    private func pageCount(of index: Int) -> Int {
        var first = 0
        for band in preset.bands {
            guard index >= first + band.wikis else {
                let place = index - first
                let pair = place / 2
                guard place % 2 == 1 || place + 1 < band.wikis, band.pages > 1 else { return band.pages }
                let spread = Int(Chance.number(seed, UInt64(first + pair), 6) % UInt64(band.pages / 2 + 1))
                return place % 2 == 0 ? band.pages + spread : band.pages - spread
            }
            first += band.wikis
        }
        return 0
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
