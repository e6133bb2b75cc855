import Catalog
import Foundation
import Jobs
import MariaDB
import Testing

@testable import Worker

/// Reading a stream of changes, and what is noted of it.
@Suite(.timeLimit(.minutes(3)))
struct FollowWorkTests {
    /// The wiki has been walked, so that the name of its namespace is known.
    private func bench() async throws -> Bench {
        let bench = try await Bench(url: "http://127.0.0.1:1/w")
        try await bench.execute(
            "UPDATE wikis SET walked_at = NOW(6), walk_result = 'walked', module_namespace = 'Modul'"
        )
        return bench
    }

    private func lease(_ bench: Bench, _ job: JobID, _ stream: ScriptedStream) async throws -> WorkContext {
        try await bench.lease(job, .follow, parameters: try FollowParameters(url: stream.url).parameters())
    }

    /// Follows until something is so, and gives back.
    private func follow(
        _ bench: Bench,
        _ job: JobID,
        _ stream: ScriptedStream,
        until isEnough: @escaping () async throws -> Bool
    ) async throws {
        let context = try await lease(bench, job, stream)
        let work = Task { try await FollowWork().run(context) }
        while try await !isEnough() { try await Task.sleep(for: .milliseconds(20)) }
        context.control.stop()
        await #expect(throws: Stopping.self) { _ = try await work.value }
    }

    private func noted(_ bench: Bench) async throws -> [String] {
        try await bench.rows("SELECT CONCAT(dbname, ' ', events) AS line FROM wiki_changes ORDER BY dbname")
            .map { try $0.decode("line") }
    }

    private func position(_ bench: Bench, _ job: JobID) async throws -> String? {
        try await bench.rows(
            "SELECT JSON_VALUE(state, '$.lastEventID') AS id FROM checkpoints WHERE job_id = ?",
            [.uint(job.rawValue)]
        ).first?.decode("id")
    }

    @Test func eventsAboutModulesAreNoted() async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([
            .init(
                body: ":ok\n\n" + ScriptedStream.event(1) + ScriptedStream.event(2, namespace: 0)
                    + ScriptedStream.event(3, wiki: "otherwiki") + ScriptedStream.event(4, domain: "canary")
                    + ScriptedStream.event(5, namespace: 2, target: "Modul:Neu")
                    + ScriptedStream.event(6, namespace: 2, target: "Module:New")
                    + ScriptedStream.event(7, namespace: 2, target: "Benutzer:Ada")
                    + ScriptedStream.event(8, namespace: 0, target: "Titel") + "data: broken\nid: 9\n\n",
                staysOpen: true
            )
        ])
        let job = try await bench.job(.follow)
        try await follow(bench, job, stream) { try await position(bench, job) == "9" }
        // 1, 5 and 6; and one for what happened before.
        #expect(try await noted(bench) == ["testwiki 4"])
        #expect(stream.ids == [nil])
        #expect(try await bench.number("SELECT items_done FROM checkpoints") == 9)
    }

    @Test func cutConnectionsGoOnWhereTheyEnded() async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([
            .init(body: "retry: 10\n\n" + ScriptedStream.event(1) + "id: 2\ndata: {\"wiki\":"),
            .init(body: ScriptedStream.event(2)), .init(body: ""),
            // What is told again isn't news.
            .init(body: ScriptedStream.event(1) + ScriptedStream.event(2) + ScriptedStream.event(3)),
            .init(body: ":ok\n\n", staysOpen: true),
        ])
        let job = try await bench.job(.follow)
        try await follow(bench, job, stream) { stream.ids.count == 5 }
        #expect(stream.ids == [nil, "1", "2", "2", "3"])
        #expect(try await noted(bench) == ["testwiki 4"])

        // Another worker goes on from there, and notes nothing anew.
        try await follow(bench, job, stream) { stream.ids.count == 6 }
        #expect(stream.ids.last == "3")
        #expect(try await noted(bench) == ["testwiki 4"])
        #expect(try await bench.number("SELECT attempt FROM checkpoints") == 2)
    }

    @Test func gapsMakeAllWikisBeLookedAt() async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([
            .init(body: ScriptedStream.event(1, namespace: 0, at: Date() - 7200), staysOpen: true),
            .init(body: ScriptedStream.event(2, namespace: 0), staysOpen: true), .init(body: "", staysOpen: true),
        ])
        let job = try await bench.job(.follow)
        try await follow(bench, job, stream) { try await position(bench, job) == "1" }
        #expect(try await noted(bench) == ["testwiki 1"])
        // The next event is two hours later: the stream has forgotten what was in between.
        try await follow(bench, job, stream) { try await position(bench, job) == "2" }
        #expect(try await noted(bench) == ["testwiki 2"])

        // A position that is too old isn't asked for; any change may be missing.
        try await bench.execute(
            "UPDATE checkpoints SET state = JSON_SET(state, '$.upTo', JSON_VALUE(state, '$.upTo') - 7 * 86400 * 1000000)"
        )
        try await follow(bench, job, stream) { try await noted(bench) == ["testwiki 3"] }
        #expect(stream.ids == [nil, "1", nil])
    }

    @Test func positionThatTheStreamHasForgotten() async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([
            .init(body: "retry: 10\n\n" + ScriptedStream.event(1)),
            .init(status: "400 Bad Request", headers: [], body: "{}"), .init(body: "", staysOpen: true),
        ])
        let job = try await bench.job(.follow)
        let context = try await lease(bench, job, stream)
        await #expect(throws: PutOff.self) { _ = try await FollowWork().run(context) }
        #expect(try await noted(bench) == ["testwiki 2"])
        #expect(try await position(bench, job) == nil)
        try await follow(bench, job, stream) { try await noted(bench) == ["testwiki 3"] }
        #expect(stream.ids == [nil, "1", nil])
    }

    @Test(arguments: [
        (
            ScriptedStream.Reply(status: "503 Service Unavailable", headers: ["Retry-After: 17"], body: ""),
            Duration.seconds(17)
        ),
        (ScriptedStream.Reply(status: "429 Too Many Requests", headers: [], body: ""), .seconds(60)),
        (ScriptedStream.Reply(body: "retry: 90000\n\n"), .seconds(90)),
    ])
    func streamsThatWantTimeGetIt(reply: ScriptedStream.Reply, wait: Duration) async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([reply])
        let context = try await lease(bench, try await bench.job(.follow), stream)
        let error = await #expect(throws: PutOff.self) { _ = try await FollowWork().run(context) }
        #expect(error?.wait == wait)
        let result = error.map { JobResult($0, lease: .held, site: .site("test"), wiki: "") }
        guard case .released(_, wait, nil) = result else {
            Issue.record("\(String(describing: result))")
            return
        }
    }

    @Test(arguments: [
        ScriptedStream.Reply(status: "404 Not Found", headers: [], body: ""),
        ScriptedStream.Reply(headers: ["Content-Type: text/html"], body: "<html>"),
    ])
    func whatIsNoStreamIsSaid(reply: ScriptedStream.Reply) async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([reply])
        let context = try await lease(bench, try await bench.job(.follow), stream)
        let error = await #expect(throws: CannotBeDone.self) { _ = try await FollowWork().run(context) }
        #expect(error?.description.contains("--url") == true)
    }

    @Test func lostLeasesNoteNothing() async throws {
        let bench = try await bench()
        let stream = try ScriptedStream([.init(body: ScriptedStream.event(1), staysOpen: true)])
        let job = try await bench.job(.follow)
        let stale = try await lease(bench, job, stream)
        _ = try await lease(bench, job, stream)
        await #expect(throws: LeaseLost.self) { _ = try await FollowWork().run(stale) }
        #expect(try await noted(bench) == [])
    }
}
