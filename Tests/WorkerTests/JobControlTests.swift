import Jobs
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1)))
struct JobControlTests {
    private func control(leaseTime: Duration) -> JobControl {
        JobControl(
            lease: Lease(job: JobID(rawValue: 1), attempt: 1, id: .random()),
            pace: Pace(board: HoldBoard(patience: .seconds(5))),
            leaseEnds: .now + leaseTime
        )
    }

    /// Goes on until it is cancelled.
    private func work() -> Task<Void, Never> { Task { try? await Task.sleep(for: .seconds(3600)) } }

    @Test func lostLeaseEndsTheWork() async {
        let control = control(leaseTime: .seconds(60))
        let work = work()
        control.attach(work)
        #expect(!control.isLost)
        control.lose()
        await work.value
        #expect(control.isLost)
        // A heartbeat that was under way doesn't bring it back.
        control.renew(until: .now + .seconds(120))
        #expect(control.isLost)
    }

    @Test func workThatComesTooLateIsCancelled() async {
        let control = control(leaseTime: .seconds(60))
        control.lose()
        let work = work()
        control.attach(work)
        await work.value
    }

    @Test func leaseEndsByItself() {
        let control = control(leaseTime: .zero)
        #expect(control.standing == .expired)
        control.renew(until: .now + .seconds(60))
        #expect(control.standing == .held)
        control.expireIfDue()
        #expect(control.standing == .held)
    }

    @Test func leaseThatWasDroppedDoesNotComeBack() async {
        let control = control(leaseTime: .zero)
        let work = work()
        control.attach(work)
        control.expireIfDue()
        await work.value
        control.renew(until: .now + .seconds(60))
        #expect(control.standing == .expired)
        control.lose()
        #expect(control.standing == .takenBack)
    }

    @Test func leaseIsNeverShortened() {
        let control = control(leaseTime: .seconds(60))
        let ends = control.leaseEnds
        control.renew(until: .now)
        #expect(control.leaseEnds == ends)
    }

    @Test func stoppingKeepsTheLease() async {
        let control = control(leaseTime: .seconds(60))
        let work = work()
        control.attach(work)
        control.stop()
        #expect(control.isStopping)
        #expect(!work.isCancelled)
        control.interrupt()
        await work.value
        #expect(!control.isLost)
    }

    @Test func checkpointIsTold() {
        let control = control(leaseTime: .seconds(60))
        control.note(Checkpoint(sequence: 4, state: "{}", itemsDone: 30, itemsExpected: 40))
        #expect(control.progress.checkpoint == 4)
        #expect(control.progress.itemsDone == 30)
        #expect(control.progress.itemsExpected == 40)
    }
}
