import MediaWiki
import Testing
import WikiSimulator

/// What follows from a seed.
@Suite(.timeLimit(.minutes(2))) struct FamilyTests {
    @Test func theScalePresetIsExactlyKnown() {
        let family = SimulatedFamily(.scale, seed: 3)
        let sizes = (0..<family.count).map { family[$0].pageCount }
        #expect(sizes.count == 1000)
        #expect(sizes.reduce(0, +) == 100_000)
        #expect(sizes.count { $0 < 100 } >= 600)
        #expect(sizes[0] == 20_000)
        #expect(Set((0..<family.count).map { family[$0].dbname }).count == 1000)
    }

    @Test func aMillionWikisTakeNoTime() {
        let family = SimulatedFamily(.tiny(1_000_000), seed: 1)
        let last = family[999_999]
        #expect(family.wiki(named: last.dbname)?.index == 999_999)
        #expect(family.wiki(named: "en17wiki") == nil || family[17].dbname == "en17wiki")
        #expect(family.wiki(named: "enwiki") == nil)
        #expect(family.wiki(named: "") == nil)
    }

    @Test func theSeedDecides() async throws {
        var seen: [[ExpectedPage]] = []
        for seed: UInt64 in [5, 5, 6] {
            try await Simulation.with(SimulatorSettings(.small, seed: seed)) { simulation in
                simulation.simulator.edit(count: 200)
                seen.append((0..<30).flatMap(simulation.simulator.expectedPages))
            }
        }
        #expect(seen[0] == seen[1])
        #expect(seen[0] != seen[2])
    }

    @Test func wikisAreAsVariedAsRealOnes() async throws {
        try await Simulation.with(SimulatorSettings(.small, seed: 1)) { simulation in
            let pages = (0..<30).flatMap(simulation.simulator.expectedPages)
            #expect(pages.count == 1500)
            #expect(Set(pages.map(\.contentModel)) == ["Scribunto", "wikitext", "json", "sanitized-css"])
            #expect(pages.contains { $0.isRedirect })
            #expect(pages.contains { $0.reason == "hidden" })
            let lua = pages.filter { $0.contentModel == "Scribunto" }
            let copies = Dictionary(grouping: lua.filter { !$0.sha1.isEmpty }, by: \.sha1).values
            #expect(copies.contains { Set($0.map(\.dbname)).count > 2 })
            let average = lua.map(\.length).reduce(0, +) / lua.count
            #expect((5000...7500).contains(average))
            #expect(Set((0..<16).map { simulation.wiki($0).language.moduleNamespace }).count > 10)
        }
    }

    @Test func sitesAreAsThePresetSays() async throws {
        var settings = SimulatorSettings(.small, seed: 1)
        func sites(_ choice: Preset.Sites) async throws -> Set<Substring> {
            settings.preset.sites = choice
            var found: Set<Substring> = []
            try await Simulation.with(settings) { simulation in
                let lines = simulation.simulator.wikisFile().split(separator: "\n").dropFirst()
                found = Set(lines.map { $0.split(separator: "/")[1] })
                #expect(lines.count == 30)
                // The names lead here.
                let site = try await simulation.api(7).siteInfo()
                #expect(site.wikiID == simulation.wiki(7).dbname)
                #expect(simulation.simulator.requests().allSatisfy { found.contains($0.site[...]) })
            }
            return found
        }
        #expect(try await sites(.one).count == 1)
        #expect(try await sites(.several(4)).count == 4)
        #expect(try await sites(.each).count == 30)
    }
}
