package import Jobs

/// How the jobs of one kind are done.
///
/// The work fetches, writes with ``WorkContext/commit(_:itemsDone:itemsExpected:_:)`` and returns what it did. It can be broken off
/// anywhere, and goes on from its last checkpoint, perhaps in another process.
package protocol Work: Sendable {
    /// The kind whose jobs it does.
    var kind: JobKind { get }

    /// Whether its jobs go on for ever: they are given back when the worker is to leave.
    var isEndless: Bool { get }

    /// Does one job, from its checkpoint on.
    /// - Returns: what was done, in numbers of the kind's own.
    func run(_ context: WorkContext) async throws -> [String: UInt64]
}

extension Work {
    package var isEndless: Bool { false }
}

/// The work has to wait for a time, for something that is no fault of its own. It goes back meanwhile.
struct PutOff: Error, CustomStringConvertible {
    let description: String
    let wait: Duration
}

/// The work was asked to stop and did so at a checkpoint.
struct Stopping: Error {}

/// The work can't be done, now or later.
struct CannotBeDone: Error, CustomStringConvertible {
    let description: String
    /// Whether it is for a reason in the job itself. Else for one in this worker, and another may be able to.
    let byAnyWorker: Bool

    init(_ description: String, byAnyWorker: Bool = true) {
        self.description = description
        self.byAnyWorker = byAnyWorker
    }

    /// The operator's address is missing from this worker's settings.
    static let withoutContact = CannotBeDone(
        "Wikimedia's wikis aren't asked anything without a contact: set http.contact to a mail address or URL",
        byAnyWorker: false
    )
}

/// The worker can't go on until a person, or a new process, has put it right.
package struct WorkerFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// In one line, with what to do.
    package let cause: String

    package var description: String { "the worker ends, to be started anew: \(cause)" }
}
