import MariaDB
import TestFleet
import Testing

extension HarvestTests {
    /// The list of wikis in `meta_p`, and what becomes of wikis that are listed and aren't there, and the reverse.
    @Test func metaTable() async throws {
        let farm = try await Farm.own
        try await TestFleet.with(farm.metaSettings) { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one", slots: 8)
            try await fleet.syncWikis(from: "meta")
            let names = try await fleet.strings("SELECT dbname FROM wikis WHERE source = 'meta' ORDER BY dbname")
            #expect(names == (try farm.wikis() + ["tlhwiki"]).sorted())
            // The list says 'None' of a family that it doesn't know.
            #expect(try await fleet.number("SELECT COUNT(*) FROM wikis WHERE family = 'None' OR lang = 'None'") == 0)
            #expect(
                try await fleet.strings("SELECT dbname FROM wikis WHERE is_closed ORDER BY 1") == ["aawiki", "tlhwiki"]
            )

            // One that is listed and isn't there.
            let run = try await fleet.perigee("run", "modules", "--wait")
            #expect(run.code == 1)
            #expect(run.complaints.count == 1)
            #expect(run.complaints.first?.hasPrefix("perigee: run 2 failed") == true)
            let failed = try await fleet.rows("SELECT wiki, last_error, attempt FROM jobs WHERE state = 'failed'")
            #expect(failed.count == 1)
            #expect(try failed.first?.decode("wiki") == "tlhwiki")
            #expect(try failed.first?.decode("attempt") == 1)
            let reason: String = try failed.first?.decode("last_error") ?? ""
            #expect(reason.contains("404"), "\(reason)")
            #expect(try await fleet.number("SELECT COUNT(*) FROM jobs WHERE state NOT IN ('done', 'failed')") == 0)
            try await fleet.expectHarvest(equals: try await farm.truth())
            #expect(try await fleet.number("SELECT COUNT(*) FROM modules WHERE dbname = 'aawiki'") > 0)

            // One that is listed no more.
            try await farm.execute("DELETE FROM wiki WHERE dbname = 'tlhwiki'", on: "meta_p")
            try await fleet.syncWikis(from: "meta")
            #expect(try await fleet.strings("SELECT dbname FROM wikis WHERE vanished_at IS NOT NULL") == ["tlhwiki"])
            try await fleet.perigee("run", "modules", "--wait").succeeded()
        }
    }
}
