import MariaDB
import Testing

@testable import Jobs

/// Who may have the term, by the clock of the database.
@Suite(.timeLimit(.minutes(2))) struct TermTests {
    private func takeIfIdle(_ bench: TestStore, for idle: Duration) async throws -> JobStore {
        try await JobStore.takeTerm(
            in: bench.pool,
            incarnation: .random(),
            host: "standby",
            software: "1",
            takeover: idle,
            deposing: false,
            at: TestStore.now
        )
    }

    @Test func freshTermIsLeftAlone() async throws {
        let bench = try await TestStore.make()
        let error = await #expect(throws: TermHeld.self) { try await takeIfIdle(bench, for: .seconds(60)) }
        #expect(error == TermHeld(term: 1, host: "host"))
        #expect(try await JobStore.termHolder(in: bench.pool, ifIdleFor: .seconds(60)) == error)
        try await bench.store.confirmTerm()
    }

    @Test func termThatIsNotRenewedIsTaken() async throws {
        let bench = try await TestStore.make()
        try await bench.execute("UPDATE coordinator_term SET renewed_at = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND")
        #expect(try await JobStore.termHolder(in: bench.pool, ifIdleFor: .seconds(60)) == nil)
        #expect(try await JobStore.termHolder(in: bench.pool, ifIdleFor: .seconds(62))?.term == 1)
        // It is still there, and renews just in time.
        try await bench.store.renewTerm(within: .seconds(10))
        await #expect(throws: TermHeld.self) { try await takeIfIdle(bench, for: .seconds(60)) }
        try await bench.execute("UPDATE coordinator_term SET renewed_at = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND")
        let next = try await takeIfIdle(bench, for: .seconds(60))
        #expect(next.term == 2)
        #expect(!next.hasDeposed)
        // The time begins anew.
        await #expect(throws: TermHeld.self) { try await takeIfIdle(bench, for: .seconds(60)) }
        let deposed = Deposed(term: 1, current: 2)
        await #expect(throws: deposed) { try await bench.store.renewTerm(within: .seconds(10)) }
        await #expect(throws: deposed) { try await bench.store.confirmTerm() }
        // Giving up what is somebody else's by now does nothing.
        try await bench.store.releaseTerm(within: .seconds(10))
        await #expect(throws: TermHeld.self) { try await takeIfIdle(bench, for: .seconds(60)) }
    }

    @Test func whoeverTakesItFromOneThatRenewsKnows() async throws {
        let bench = try await TestStore.make()
        #expect(!bench.store.hasDeposed)
        #expect(try await TestStore.takeTerm(bench.pool).hasDeposed)
        try await bench.execute("UPDATE coordinator_term SET renewed_at = UTC_TIMESTAMP(6) - INTERVAL 21 SECOND")
        #expect(try await !TestStore.takeTerm(bench.pool).hasDeposed)
    }

    @Test func termThatWasGivenUpIsFree() async throws {
        let bench = try await TestStore.make()
        try await bench.store.releaseTerm(within: .seconds(10))
        #expect(try await JobStore.termHolder(in: bench.pool, ifIdleFor: .seconds(3600)) == nil)
        #expect(try await takeIfIdle(bench, for: .seconds(3600)).term == 2)
    }

    @Test func oneOfManyTakesIt() async throws {
        let bench = try await TestStore.make()
        try await bench.store.releaseTerm(within: .seconds(10))
        let taken = try await withThrowingTaskGroup(of: JobStore?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do { return try await takeIfIdle(bench, for: .seconds(60)) } catch is TermHeld { return nil }
                }
            }
            return try await group.reduce(into: [UInt64]()) { if let store = $1 { $0.append(store.term) } }
        }
        #expect(taken == [2])
    }

    @Test func renewalsAndOtherWritesDoNotDeadlock() async throws {
        let bench = try await TestStore.make()
        let job = try await bench.planJob("aawiki")
        try await withThrowingTaskGroup { group in
            group.addTask { for _ in 0..<100 { try await bench.store.renewTerm(within: .seconds(30)) } }
            group.addTask { for _ in 0..<100 { try await bench.store.confirmTerm() } }
            group.addTask {
                var job = job
                for _ in 0..<50 {
                    job = try await bench.step(job, .granted(TestStore.holder), .released(reason: "test", wait: .zero))
                }
            }
            try await group.waitForAll()
        }
        #expect(bench.pool.retryCounts.byCode[1213] == nil)
    }
}
