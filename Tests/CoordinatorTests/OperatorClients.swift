import Protocol
import SwiftProtobuf

extension FakeOperator {
    func change(
        _ verb: WireChangeJobs.Verb,
        _ selection: WireJobSelection,
        dryRun: Bool = false,
        reason: String = "test"
    ) async throws -> WireJobsChanged {
        let change = WireChangeJobs.with {
            $0.verb = verb
            $0.selection = selection
            $0.dryRun = dryRun
            $0.reason = reason
            $0.requestedBy = "me@host"
        }
        let response = try await client.send(.changeJobs(change), within: .seconds(60), parking: .seconds(60))
        guard case .jobsChanged(let changed) = response.body else { throw UnexpectedAnswer(response: response) }
        return changed
    }

    func change(_ verb: WireChangeJobs.Verb, _ jobs: UInt64..., dryRun: Bool = false) async throws -> WireJobsChanged {
        try await change(verb, .with { $0.jobs = jobs }, dryRun: dryRun)
    }

    func cancelRun(_ run: UInt64) async throws -> WireRunCancelled {
        let cancel = WireCancelRun.with {
            $0.run = run
            $0.reason = "test"
            $0.requestedBy = "me@host"
        }
        let response = try await client.send(.cancelRun(cancel), within: .seconds(60), parking: .seconds(60))
        guard case .runCancelled(let cancelled) = response.body else { throw UnexpectedAnswer(response: response) }
        return cancelled
    }

    @discardableResult
    func pause(_ name: String, _ change: (inout WirePause) -> Void = { _ in }) async throws -> WirePauseStatus {
        var pause = WirePause()
        pause.name = name
        pause.reason = "test"
        pause.requestedBy = "me@host"
        change(&pause)
        let response = try await client.send(.pause(pause), within: .seconds(60))
        guard case .paused(let paused) = response.body else { throw UnexpectedAnswer(response: response) }
        return paused.pause
    }

    @discardableResult
    func resume(_ name: String) async throws -> WirePauseStatus {
        let resume = WireResume.with {
            $0.name = name
            $0.requestedBy = "me@host"
        }
        let response = try await client.send(.resume(resume), within: .seconds(60))
        guard case .resumed(let resumed) = response.body else { throw UnexpectedAnswer(response: response) }
        return resumed.pause
    }
}

extension WireJobSelection {
    static let everything = WireJobSelection.with { $0.all = true }
}
