import MariaDB
import Testing

@testable import Jobs

@Suite struct RetryRulesTests {
    private func job(_ id: UInt64, _ state: JobState = .failed, wiki: String? = nil, dependsOn: UInt64? = nil) -> Job {
        var job = Job(
            id: JobID(rawValue: id),
            run: RunID(rawValue: 1),
            kind: .modules,
            wiki: wiki ?? "wiki\(id)",
            resource: .site("a"),
            dependsOn: dependsOn.map(JobID.init)
        )
        job.state = state
        return job
    }

    private func rulings(
        _ jobs: [Job],
        twins: [UInt64: (newest: UInt64, active: UInt64?)] = [:],
        dependencies: [UInt64: JobState] = [:],
        isByNumber: Bool = false
    ) -> [RetryRules.Ruling] {
        let rules = RetryRules(
            twins: Dictionary(
                uniqueKeysWithValues: twins.map { id, twins in
                    let active = twins.active.map(JobID.init)
                    return (JobID(rawValue: id), JobTwins(newest: JobID(rawValue: twins.newest), active: active))
                }
            ),
            dependencies: Dictionary(uniqueKeysWithValues: dependencies.map { (JobID(rawValue: $0), $1) }),
            isByNumber: isByNumber
        )
        return rules.rule(on: jobs).map(\.ruling)
    }

    @Test(arguments: JobState.allCases)
    func onlyWhatWasGivenUpIsRetried(_ state: JobState) {
        let expected: RetryRules.Ruling =
            [.failed, .quarantined, .cancelled].contains(state)
            ? .retry(waits: false) : .leaveOut("it is \(state.rawValue)")
        #expect(rulings([job(1, state)]) == [expected])
    }

    @Test func activeTwinIsInTheWay() {
        for isByNumber in [true, false] {
            let found = rulings([job(1)], twins: [1: (7, 7)], isByNumber: isByNumber)
            #expect(found == [.leaveOut("job 7 is active for the same")])
        }
    }

    @Test func laterTwinIsInTheWayOfAFilterOnly() {
        #expect(rulings([job(1)], twins: [1: (7, nil)]) == [.leaveOut("job 7 came later for the same")])
        #expect(rulings([job(1)], twins: [1: (7, nil)], isByNumber: true) == [.retry(waits: false)])
    }

    @Test func ofTwoForTheSameTheLaterIsRetried() {
        let found = rulings(
            [job(1, wiki: "a"), job(2, wiki: "b"), job(3, wiki: "a")],
            twins: [1: (3, nil), 2: (2, nil), 3: (3, nil)],
            isByNumber: true
        )
        #expect(
            found == [
                .leaveOut("job 3 came later for the same, and is asked for too"), .retry(waits: false),
                .retry(waits: false),
            ]
        )
    }

    @Test func dependentsWaitForWhatIsRetriedWithThem() {
        let states: [UInt64: JobState] = [1: .failed, 4: .leased, 5: .done, 6: .cancelled]
        let jobs = [
            job(1), job(2, .cancelled, dependsOn: 1), job(7, dependsOn: 4), job(8, dependsOn: 5), job(9, dependsOn: 6),
        ]
        #expect(
            rulings(jobs, dependencies: states) == [
                .retry(waits: false), .retry(waits: true), .retry(waits: true), .retry(waits: false),
                .leaveOut("job 6, which it depends on, is cancelled: retry that first"),
            ]
        )
    }

    @Test func whatKeptJobsDependOnIsKept() {
        let tree = JobTree([job(1), job(2, dependsOn: 1), job(3, dependsOn: 2), job(4, dependsOn: 2)])
        #expect(tree.ancestors(of: [JobID(rawValue: 3)]).map(\.rawValue).sorted() == [1, 2, 3])
        #expect(tree.ancestors(of: []) == [])
    }
}
