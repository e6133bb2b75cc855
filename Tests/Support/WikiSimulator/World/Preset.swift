/// What a simulated family of wikis is made of.
package struct Preset: Sendable, Codable, Equatable {
    /// So many wikis with about so many pages in namespace 828 each. The wikis of a band have exactly
    /// `wikis * pages` pages together.
    package struct Band: Sendable, Codable, Equatable {
        package var wikis: Int
        package var pages: Int

        package init(wikis: Int, pages: Int) {
            self.wikis = wikis
            self.pages = pages
        }
    }

    /// What is in a thousand pages, beside plain Lua.
    package struct Shares: Sendable, Codable, Equatable {
        /// Documentation, in wikitext.
        package var documentation = 50
        package var json = 20
        package var styles = 10
        package var redirects = 10
        /// Texts that an administrator has hidden.
        package var hidden = 3
        /// Texts that are hidden from administrators too.
        package var suppressed = 1
        /// Texts that the wiki has lost.
        package var lost = 1
        /// Modules that other wikis have too.
        package var shared = 550
        /// Texts of up to 2 MiB.
        package var huge = 0

        package init() {}
    }

    /// Which wikis share a site.
    package enum Sites: Sendable, Codable, Equatable {
        /// All of them: `http://127.0.0.1:PORT/DBNAME`.
        case one
        /// So many sites, one wiki after the other: `http://siteN.localhost:PORT/DBNAME`.
        case several(Int)
        /// Each is a site of its own.
        case each
    }

    /// The sizes of the wikis, by index.
    package var bands: [Band]
    package var shares: Shares
    /// Pages on different wikis that are copies of each other are copies of one of so many modules.
    package var sharedModules: Int
    package var sites: Sites
    /// One wiki in so many has no namespace 828; 0 for none.
    package var plainWikiEvery: Int

    package init(
        bands: [Band],
        shares: Shares = Shares(),
        sharedModules: Int = 3000,
        sites: Sites = .one,
        plainWikiEvery: Int = 0
    ) {
        self.bands = bands
        self.shares = shares
        self.sharedModules = sharedModules
        self.sites = sites
        self.plainWikiEvery = plainWikiEvery
    }

    /// How many wikis there are.
    package var wikiCount: Int { bands.reduce(0) { $0 + $1.wikis } }

    /// How many pages there are in namespace 828, before any edit.
    package var pageCount: Int { bands.reduce(0) { $0 + $1.wikis * $1.pages } }

    // MARK: Ready-made

    /// By name: what `wiki-simulator --preset` takes.
    package static let named: [String: Preset] = [
        "small": .small, "scale": .scale, "real": .real, "tiny": .tiny(100_000), "million": .tiny(1_000_000),
        "huge": .huge,
    ]

    /// 30 wikis with 1,500 pages, for tests.
    package static let small = Preset(
        bands: [Band(wikis: 1, pages: 620), Band(wikis: 9, pages: 80), Band(wikis: 20, pages: 8)],
        sharedModules: 300
    )

    /// 1,000 wikis with exactly 100,000 pages, 600 of them with under 100.
    package static let scale = Preset(
        bands: [
            Band(wikis: 1, pages: 20_000), Band(wikis: 9, pages: 1000), Band(wikis: 40, pages: 300),
            Band(wikis: 350, pages: 110), Band(wikis: 100, pages: 50), Band(wikis: 500, pages: 31),
        ]
    )

    /// About as many as Wikimedia has: 1,000 wikis with 300,000 pages.
    package static let real = Preset(
        bands: [
            Band(wikis: 3, pages: 20_000), Band(wikis: 20, pages: 5000), Band(wikis: 80, pages: 1000),
            Band(wikis: 300, pages: 150), Band(wikis: 597, pages: 25),
        ],
        sharedModules: 10_000,
        plainWikiEvery: 50
    )

    /// So many wikis with hardly anything.
    package static func tiny(_ wikis: Int) -> Preset {
        Preset(bands: [Band(wikis: wikis, pages: 2)], sharedModules: 200)
    }

    /// A few wikis with texts that don't fit one answer together.
    package static let huge: Preset = {
        var preset = Preset(bands: [Band(wikis: 3, pages: 120)])
        preset.shares.huge = 120
        return preset
    }()
}
