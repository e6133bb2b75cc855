import Foundation
import Jobs
import Testing

/// Random schedules of the whole system. A seed that fails is run again with SCHEDULE_SEED=N; SCHEDULE_STEPS says how many
/// steps each has.
@Suite struct ScheduleTests {
    private static let environment = ProcessInfo.processInfo.environment
    static let seeds: [UInt64] = environment["SCHEDULE_SEED"].flatMap(UInt64.init).map { [$0] } ?? Array(1...25)
    static let steps = environment["SCHEDULE_STEPS"].flatMap(Int.init) ?? 40_000

    /// What goes wrong first in a world, and when; `nil` when nothing does and all jobs are done in the end.
    private static func failure(seed: UInt64, steps: Int, forgets: Bool, bugs: Set<SeededBug> = []) -> String? {
        var world = World(seed: seed, forgets: forgets, bugs: bugs)
        for step in 0..<steps {
            world.step()
            let violations = world.violations
            if !violations.isEmpty { return "step \(step): \(violations)" }
        }
        world.calmDown(within: 20_000)
        if !world.violations.isEmpty { return "at the end: \(world.violations)" }
        return world.isDone ? nil : "not done: \(world.picture)"
    }

    @Test(arguments: seeds, [false, true]) func rulesHoldAndEveryJobIsDone(seed: UInt64, forgets: Bool) {
        #expect(Self.failure(seed: seed, steps: Self.steps, forgets: forgets) == nil)
    }

    @Test(arguments: SeededBug.allCases) func seededBugIsFound(_ bug: SeededBug) {
        let found = (1...2000).lazy.compactMap { Self.failure(seed: $0, steps: 1000, forgets: true, bugs: [bug]) }.first
        #expect(found != nil)
    }
}
