import MariaDB
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(2))) struct CordonTests {
    private func cordon(_ target: Cordon.Target, deadline: Int64? = nil) -> Cordon {
        Cordon(
            target: target,
            since: TestStore.now,
            requestedBy: "me@host",
            reason: "disk",
            deadline: deadline.map { TestStore.now.advanced(by: .seconds($0)) }
        )
    }

    @Test(
        arguments: [
            (nil, nil, "worker w"), (5, nil, "worker w"), (nil, 5, "host h"), (5, 9, "worker w"), (9, 5, "host h"),
        ] as [(Int64?, Int64?, String)]
    )
    func earlierDeadlineHolds(worker: Int64?, host: Int64?, expected: String) {
        let both = Cordons([cordon(.worker("w"), deadline: worker), cordon(.host("h"), deadline: host)])
        #expect(both.cordon(worker: "w", host: "h")?.target.description == expected)
        #expect(both.cordon(worker: "w", host: "x")?.target == .worker("w"))
        #expect(both.cordon(worker: "x", host: "h")?.target == .host("h"))
        #expect(both.cordon(worker: "h", host: "w") == nil)
    }

    @Test func tableKeepsThem() async throws {
        let bench = try await TestStore.make()
        let cordons = [cordon(.worker("w"), deadline: 5), cordon(.host("h"))]
        for cordon in cordons { try await bench.store.cordonOff(cordon) }
        #expect(try await bench.store.cordons() == cordons)
        let changed = Cordon(
            target: .host("h"),
            since: TestStore.now.advanced(by: .seconds(9)),
            requestedBy: "you@host",
            reason: "",
            deadline: TestStore.now
        )
        try await bench.store.cordonOff(changed)
        let kept = try await bench.store.cordons()[1]
        #expect(kept.since == TestStore.now)
        #expect(kept.requestedBy == "you@host")
        #expect(kept.deadline == TestStore.now)
        try await bench.store.liftCordon(.worker("w"))
        try await bench.store.liftCordon(.worker("nobody"))
        #expect(try await bench.store.cordons() == [kept])
    }

    @Test func deposedCoordinatorChangesNone() async throws {
        let bench = try await TestStore.make()
        try await bench.store.cordonOff(cordon(.worker("w")))
        _ = try await TestStore.takeTerm(bench.pool)
        await #expect(throws: Deposed.self) { try await bench.store.cordonOff(cordon(.host("h"))) }
        await #expect(throws: Deposed.self) { try await bench.store.liftCordon(.worker("w")) }
        #expect(try await bench.store.cordons() == [cordon(.worker("w"))])
    }

    @Test func listSaysHowFarWorkersAreDrained() async throws {
        let bench = try await TestStore.make()
        func register(_ name: String, at seconds: Int64) async throws -> RandomID {
            let incarnation = RandomID.random()
            let worker = WorkerRecord(
                incarnation: incarnation,
                name: name,
                host: "h",
                processID: 1,
                software: "1",
                kinds: [.modules],
                slots: 1
            )
            try await bench.store.noteWorker(worker, at: TestStore.now.advanced(by: .seconds(seconds)))
            return incarnation
        }
        let busy = try await register("busy", at: -10)
        _ = try await register("empty", at: -10)
        let (gone, before) = (try await register("gone", at: -10), try await register("before", at: -20))
        _ = try await register("later", at: 10)
        for (worker, seconds) in [(gone, 5), (before, -5)] as [(RandomID, Int64)] {
            let now = TestStore.now.advanced(by: .seconds(seconds))
            try await bench.store.noteDeparture(of: [worker], lost: false, at: now)
        }
        let job = try await bench.planJob("aawiki")
        try await bench.step(job, .granted(Job.Holder(lease: .random(), worker: busy)))
        func states(all: Bool) async throws -> [String: String] {
            let page = try await JobReports(bench.pool).workers(includingGone: all, limit: 10)
            return Dictionary(uniqueKeysWithValues: page.items.map { ($0.worker.name, $0.condition) })
        }
        let plain = ["busy": "running", "empty": "running", "later": "running"]
        #expect(try await states(all: false) == plain)
        try await bench.store.cordonOff(cordon(.host("h")))
        let drained = ["busy": "draining", "empty": "drained", "later": "cordoned", "gone": "drained"]
        #expect(try await states(all: false) == drained)
        #expect(try await states(all: true) == drained.merging(["before": "left"]) { $1 })
        try await bench.store.liftCordon(.host("h"))
        #expect(try await states(all: true) == plain.merging(["before": "left", "gone": "left"]) { $1 })
    }
}
