import Foundation
import TestFleet
import Testing

/// Requests in the name of an account of the wikis.
@Suite(.serialized, .enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct AccountTests {
    private func settings(_ farm: Farm, file: String) throws -> TestFleet.Settings {
        let site = try #require(URL(string: farm.base).flatMap { url in url.port.map { "\(url.host() ?? ""):\($0)" } })
        return ["http.bot_password_file": file, "http.credentials_site": site]
    }

    @Test func botWithHighLimitsNeedsFewerRequests() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one", try settings(farm, file: farm.botPasswordFile))
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            try await fleet.expectAllDone()
            try await fleet.expectHarvest(equals: try await farm.truth())
            // Others get the texts of 50 in a request.
            let number = { (name: String) in "CAST(JSON_VALUE(counts, '$.\(name)') AS UNSIGNED)" }
            let better = "SELECT COUNT(*) FROM jobs WHERE \(number("fetched")) > 50 * \(number("requests"))"
            #expect(try await fleet.number(better) > 0)
        }
    }

    @Test func passwordThatIsWrongStopsTheWorkerWithAWord() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with { fleet in
            let file = "\(fleet.directory)/bot.pass"
            let lines = Data("HarvestBot@perigee\nnot-it-at-all\n".utf8)
            #expect(FileManager.default.createFile(atPath: file, contents: lines))
            #expect(chmod(file, 0o600) == 0)
            _ = try await fleet.startCoordinator()
            let worker = try await fleet.startWorker("one", try settings(farm, file: file))
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wikis", "dewiki").succeeded()
            #expect(try await worker.wait(within: .seconds(60)) != .exited(0))
            let log = worker.standardError
            #expect(log.contains("doesn't accept the credentials"))
            #expect(!log.contains("not-it-at-all"))
            let failed = "SELECT COUNT(*) FROM jobs WHERE kind = 'modules' AND state <> 'ready'"
            #expect(try await fleet.number(failed) == 0)
        }
    }
}
