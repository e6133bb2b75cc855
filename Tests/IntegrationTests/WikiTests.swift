import Foundation
import RawServer
import TestFleet
import Testing

/// Lists of wikis, and what becomes of the wikis on them.
@Suite(.serialized, .enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct WikiTests {
    @Test func fileWithAWikiWithoutModules() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one")
            let lines = try String(contentsOfFile: farm.wikisFile, encoding: .utf8)
            let extra = try String(contentsOfFile: farm.extraFile, encoding: .utf8).split(separator: "\n")[1]
            let file = "\(fleet.directory)/wikis.tsv"
            try "\(lines)\(extra)\n".write(toFile: file, atomically: true, encoding: .utf8)
            try await fleet.syncWikis(from: file)
            let names = try await fleet.strings("SELECT dbname FROM wikis WHERE source = 'list' ORDER BY dbname")
            #expect(names == (try farm.wikis() + ["nolua"]).sorted())

            try await fleet.perigee("run", "modules", "--wikis", "nolua,aawiki", "--wait").succeeded()
            try await fleet.expectAllDone()
            #expect(
                try await fleet.strings(
                    "SELECT CONCAT(dbname, ' ', walk_result) FROM wikis WHERE walked_at IS NOT NULL"
                )
                    == ["aawiki walked", "nolua no_namespace"]
            )
            #expect(try await fleet.number("SELECT COUNT(*) FROM modules WHERE dbname = 'nolua'") == 0)
            let truth = try await farm.truth().filter { $0.key.dbname == "aawiki" }
            try await fleet.expectHarvest(equals: truth)
            #expect(try await fleet.number("SELECT is_closed FROM wikis WHERE dbname = 'aawiki'") == 1)

            // A shorter list.
            try await fleet.syncWikis(from: farm.wikisFile)
            #expect(try await fleet.strings("SELECT dbname FROM wikis WHERE vanished_at IS NOT NULL") == ["nolua"])
            let gone = try await fleet.perigee("run", "modules", "--wikis", "nolua", "--wait")
            #expect(gone.code == 1)
            try await fleet.syncWikis(from: file)
            #expect(try await fleet.number("SELECT COUNT(*) FROM wikis WHERE vanished_at IS NOT NULL") == 0)
        }
    }

    /// An answer of the shape that SiteMatrix documents, for wikis of the farm.
    private func siteMatrix(_ farm: Farm) -> String {
        """
        {"sitematrix": {"count": 5,
          "0": {"code": "aa", "name": "Qafár af", "site": [
            {"url": "\(farm.base)/aawiki", "dbname": "aawiki", "code": "wiki", "lang": "aa", "sitename": "Wikipedia",
             "closed": true}], "dir": "ltr", "localname": "Afar"},
          "1": {"code": "de", "name": "Deutsch", "site": [
            {"url": "\(farm.base)/dewiki", "dbname": "dewiki", "code": "wiki", "lang": "de", "sitename": "Wikipedia"}],
           "dir": "ltr", "localname": "German"},
          "2": {"code": "zz", "name": "None", "site": [], "dir": "ltr", "localname": "Empty"},
          "specials": [
            {"url": "\(farm.base)/bnwiki", "dbname": "bnwiki", "code": "board", "lang": "bn", "sitename": "Board",
             "private": true},
            {"url": "\(farm.base)/arwiki", "dbname": "arwiki", "code": "foundation", "lang": "ar",
             "sitename": "Foundation", "fishbowl": true},
            {"dbname": "brokenwiki", "code": "broken"}]}}
        """
    }

    @Test func siteMatrixSkipsPrivateWikis() async throws {
        let farm = try #require(Farm.given)
        let answer = siteMatrix(farm)
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                guard request.target.contains("action=sitematrix") else {
                    connection.respond("404 Not Found")
                    continue
                }
                connection.respond(headers: ["Content-Type: application/json"], body: Array(answer.utf8))
            }
        }
        try await TestFleet.with(["http.script_path": ""]) { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one")
            try await fleet.syncWikis(from: "api", "--url", "\(server.url)/w")
            let rows = try await fleet.strings(
                """
                SELECT CONCAT_WS(' ', dbname, lang, family, is_closed, is_private, is_fishbowl) FROM wikis
                WHERE source = 'api' ORDER BY dbname
                """
            )
            #expect(
                rows == [
                    "aawiki aa wikipedia 1 0 0", "arwiki ar special 0 0 1", "bnwiki bn special 0 1 0",
                    "dewiki de wikipedia 0 0 0",
                ]
            )
            #expect(try await fleet.number("SELECT CAST(JSON_VALUE(counts, '$.unusable') AS UNSIGNED) FROM jobs") == 1)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            let harvested = Set(try await fleet.strings("SELECT DISTINCT dbname FROM modules"))
            #expect(harvested == ["aawiki", "arwiki", "dewiki"])
            #expect(try await fleet.strings("SELECT wiki FROM jobs WHERE wiki = 'bnwiki'") == [])
            try await fleet.expectHarvest(equals: try await farm.truth().filter { harvested.contains($0.key.dbname) })
        }
    }
}
