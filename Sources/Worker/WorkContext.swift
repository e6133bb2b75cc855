import Concurrency
import FoundationEssentials
package import HTTPFetch
package import Jobs
package import Logging
package import MariaDB

/// One job, as its work sees it.
package struct WorkContext: Sendable {
    package let lease: Lease
    package let kind: JobKind
    /// The wiki's database name; empty for a kind that isn't about one wiki.
    package let wiki: String
    package let shard: String
    /// What its requests go to, beside the wiki.
    package let site: Resource
    /// What the run was started with, as JSON in the form of the kind.
    package let parameters: [UInt8]
    package let pool: ConnectionPool
    package let http: HTTPClient
    package let settings: WorkerSettings
    package let logger: Logger
    let control: JobControl
    let board: HoldBoard

    /// Where the job has got to, in the form of its kind; `nil` at the beginning.
    /// - Throws: `CannotBeDone` when the checkpoint isn't in that form.
    package func resume<State: Decodable>(_ type: State.Type = State.self) async throws -> State? {
        guard let checkpoint = try await LeaseWriter(pool: pool, lease: lease).lastCheckpoint() else { return nil }
        control.note(checkpoint)
        do {
            return try JSONDecoder().decode(State.self, from: Data(checkpoint.state.utf8))
        } catch {
            throw CannotBeDone(
                "its checkpoint was written by a version of Perigee that this one doesn't understand",
                byAnyWorker: false
            )
        }
    }

    /// Writes rows and the checkpoint after them, together, if the lease is still held.
    package func commit(
        _ state: some Encodable,
        itemsDone: UInt64,
        itemsExpected: UInt64 = 0,
        _ rows: (Transaction) async throws -> Void = { _ in }
    ) async throws {
        guard !control.isLost else { throw LeaseLost(lease: lease) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let checkpoint = Checkpoint(
            sequence: control.progress.checkpoint + 1,
            state: String(decoding: try encoder.encode(state), as: UTF8.self),
            itemsDone: itemsDone,
            itemsExpected: itemsExpected
        )
        let time = ContinuousClock.now.duration(to: control.leaseEnds)
        try await LeaseWriter(pool: pool, lease: lease).commit(checkpoint, within: time, rows)
        control.note(checkpoint)
    }

    /// To be called before each step that takes time: waits until the next request may be sent.
    /// - Throws: when the work is to stop here, or the resource is held back for long.
    package func nextRequest() async throws {
        try checkContinue()
        try await control.pace.wait()
        try checkContinue()
    }

    /// - Throws: when the work is to stop here.
    package func checkContinue() throws {
        if control.isLost { throw LeaseLost(lease: lease) }
        if control.isStopping { throw Stopping() }
        try Task.checkCancellation()
    }
}
