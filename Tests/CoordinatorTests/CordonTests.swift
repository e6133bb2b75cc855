import Foundation
import Jobs
import MariaDB
import Protocol
import SwiftProtobuf
import Testing

/// Workers that an operator takes out of service.
@Suite(.timeLimit(.minutes(3))) struct CordonTests {
    private let byName = WireWorkerTarget.with { $0.worker = "worker" }
    private let byHost = WireWorkerTarget.with { $0.host = Identity.hostName }

    @Test func drainedWorkerKeepsItsJobsAndGetsNoMore() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            _ = try await admin.start("aawiki", "bbwiki", "ccwiki")
            let (worker, other) = (try coordinator.worker(), try coordinator.worker("other"))
            let lease = try await worker.heardLease()
            #expect(try await worker.directive() == (.run, ""))
            let drained = try await admin.drain(byName, reason: "new kernel")
            #expect(!drained.wasCordoned)
            #expect(drained.workers.map(\.name) == ["worker"])
            #expect(drained.workers.map(\.leases) == [1])
            #expect(drained.workers.map(\.cordoned) == [true])

            #expect(try await worker.acquire(2, wait: .zero).isEmpty)
            let (directive, reason) = try await worker.directive()
            #expect(directive == .drain)
            #expect(reason == "worker worker is drained by me@host: new kernel")
            #expect(try await worker.heartbeat([lease]) == [.held])
            #expect(try await other.directive() == (.run, ""))
            #expect(try await other.acquire(1).count == 1)
            #expect(try await worker.complete(lease) == [.accepted])

            let resumed = try await admin.resume(byName)
            #expect(resumed.wasCordoned)
            #expect(resumed.workers.map(\.cordoned) == [false])
            #expect(try await worker.directive() == (.run, ""))
            #expect(try await worker.acquire(1).count == 1)
            #expect(try await !admin.resume(byName).wasCordoned)
        }
    }

    @Test func parkedWorkerIsServedOnlyWhenItIsResumed() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let worker = try coordinator.worker()
            let parked = Task { try await worker.acquire() }
            try await eventually { try await admin.status().parkedRequests == 1 }
            _ = try await admin.drain(byHost)
            _ = try await admin.start("aawiki")
            // Others of its host neither.
            #expect(try await coordinator.worker("other").acquire(wait: .zero).isEmpty)
            #expect(try await admin.status().parkedRequests == 1)
            _ = try await admin.resume(byHost)
            #expect(try await parked.value.map(\.wiki) == ["aawiki"])
        }
    }

    @Test func deadlineMakesItStop() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let admin = try coordinator.admin()
            let worker = try coordinator.worker()
            _ = try await admin.drain(byName, within: .seconds(3600))
            #expect(try await worker.directive().0 == .drain)
            // The earlier deadline of two cordons holds; a changed cordon keeps its beginning.
            _ = try await admin.drain(byHost, within: .milliseconds(1))
            try await eventually { try await worker.directive().0 == .stop }
            _ = try await admin.resume(byHost)
            #expect(try await worker.directive().0 == .drain)
            let since = "SELECT since FROM cordons"
            let before = try await installation.rows(since).map(\.values)
            #expect(try await admin.drain(byName, within: .milliseconds(1)).wasCordoned)
            #expect(try await installation.rows(since).map(\.values) == before)
            try await eventually { try await worker.directive().0 == .stop }
        }
    }

    @Test func nextCoordinatorKnowsIt() async throws {
        let installation = try await Installation.make()
        let first = try await installation.start()
        let worker = try first.worker()
        _ = try await first.admin().drain(byName, reason: "disk")
        _ = try await first.admin().start("aawiki")
        await first.kill()
        try await installation.run { second in
            let (directive, reason) = try await worker.directive()
            #expect(directive == .drain)
            #expect(reason.hasSuffix(": disk"))
            #expect(try await worker.acquire(wait: .zero).isEmpty)
            #expect(try await second.worker("other").lease().attempt == 1)
        }
    }

    @Test func targetsThatAreNone() async throws {
        let installation = try await Installation.make()
        try await installation.run { coordinator in
            let raw = try coordinator.raw()
            let admin = try await raw.session(Installation.operatorSecret)
            let worker = try await raw.session()
            let both = WireWorkerTarget.with {
                $0.worker = "worker"
                $0.host = "host"
            }
            let bad = [WireWorkerTarget(), both, .with { $0.worker = "a b" }, .with { $0.worker = "a'; DROP" }]
            for target in bad + [.with { $0.host = String(repeating: "h", count: 256) }] {
                let drain = WireRequest.OneOf_Body.drainWorkers(.with { $0.target = target })
                #expect(try await raw.send(drain, session: admin).refusalCode == .malformed)
                let resume = WireRequest.OneOf_Body.resumeWorkers(.with { $0.target = target })
                #expect(try await raw.send(resume, session: admin).refusalCode == .malformed)
            }
            let drain = WireRequest.OneOf_Body.drainWorkers(.with { $0.target = byName })
            #expect(try await raw.send(drain, session: worker).refusalCode == .forbidden)
            #expect(try await installation.rows("SELECT 1 FROM cordons").isEmpty)
        }
    }
}
