package import Jobs

/// How the jobs of one kind are done.
///
/// The work fetches, writes with ``WorkContext/commit(_:itemsDone:itemsExpected:_:)`` and returns what it did. It can be broken off
/// anywhere, and goes on from its last checkpoint, perhaps in another process.
package protocol Work: Sendable {
    /// The kind whose jobs it does.
    var kind: JobKind { get }

    /// Does one job, from its checkpoint on.
    /// - Returns: what was done, in numbers of the kind's own.
    func run(_ context: WorkContext) async throws -> [String: UInt64]
}

/// The work was asked to stop and did so at a checkpoint.
struct Stopping: Error {}

/// The work can't be done, now or later, for a reason in the job itself.
struct CannotBeDone: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
