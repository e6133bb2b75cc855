import Concurrency
import Jobs
import Logging

/// Writes transitions to the table in groups: while one group is being committed, the next one gathers.
///
/// Transitions are written in the order in which they were handed in. While the database is away they wait, and
/// ``isHealthy`` says so.
final class Journal: Sendable {
    typealias Verdict = JobStore.Verdict

    private struct Entry {
        let transitions: [Transition]
        let skippingLocked: Bool
        let continuation: CheckedContinuation<[Verdict], any Error>
    }

    private struct State {
        var waiting: [Entry] = []
        var waitingCount = 0
        var isWriting = false
        var isHealthy = true
        /// Since when the group that is being written is being written.
        var writingSince: ContinuousClock.Instant?
        var ended: (any Error)?
    }

    /// No group is larger.
    static let groupSize = 512
    /// No more transitions wait at once.
    static let capacity = 16_384
    /// A group that takes longer to be written isn't likely to be written soon.
    static let patience = Duration.seconds(5)

    private static let retryPolicy = RetryPolicy(initialDelay: .milliseconds(100), maximumDelay: .seconds(5))

    private let store: JobStore
    private let logger: Logger
    private let state = Lock(State())

    init(store: JobStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Whether the last write went well, the present one doesn't take too long, and there is room for more.
    var isHealthy: Bool {
        state.withLock { state in
            let isSlow = state.writingSince.map { .now - $0 > Self.patience } ?? false
            return state.isHealthy && !isSlow && state.ended == nil && state.waitingCount < Self.capacity
        }
    }

    /// Why nothing can be written any more, such as `Deposed`.
    var endedBy: (any Error)? { state.withLock { $0.ended } }

    /// Commits transitions, together or not at all, and says what became of each.
    ///
    /// Called from an actor, it hands them in before the actor does anything else: their order is that of the decisions.
    /// - Parameter skippingLocked: as for `JobStore.commit`.
    func commit(_ transitions: [Transition], skippingLocked: Bool = false) async throws -> [Verdict] {
        guard !transitions.isEmpty else { return [] }
        return try await withCheckedThrowingContinuation { continuation in
            hand(Entry(transitions: transitions, skippingLocked: skippingLocked, continuation: continuation))
        }
    }

    private func hand(_ entry: Entry) {
        let (ended, begins) = state.withLock { state -> ((any Error)?, Bool) in
            if let ended = state.ended { return (ended, false) }
            state.waiting.append(entry)
            state.waitingCount += entry.transitions.count
            defer { state.isWriting = true }
            return (nil, !state.isWriting)
        }
        if let ended {
            entry.continuation.resume(throwing: ended)
        } else if begins {
            Task { await self.write() }
        }
    }

    /// Returns when all that was handed in before is written, or has failed.
    /// - Throws: why nothing can be written any more.
    func flush() async throws {
        _ = try await withCheckedThrowingContinuation { continuation in
            hand(Entry(transitions: [], skippingLocked: false, continuation: continuation))
        }
    }

    /// Takes no more; what waits is thrown `error`.
    func end(_ error: any Error) {
        let waiting = state.withLock { state in
            state.ended = state.ended ?? error
            defer {
                state.waiting = []
                state.waitingCount = 0
            }
            return state.waiting
        }
        for entry in waiting { entry.continuation.resume(throwing: error) }
    }

    /// Writes group after group until nothing waits.
    private func write() async {
        while let group = nextGroup() {
            await write(group)
        }
    }

    private func nextGroup() -> [Entry]? {
        state.withLock { state in
            var count = 0
            let skippingLocked = state.waiting.first?.skippingLocked
            let group = state.waiting.prefix { entry in
                defer { count += entry.transitions.count }
                return entry.skippingLocked == skippingLocked
                    && (count == 0 || count + entry.transitions.count <= Self.groupSize)
            }
            guard !group.isEmpty else {
                state.isWriting = false
                return nil
            }
            state.waiting.removeFirst(group.count)
            state.waitingCount -= group.reduce(0) { $0 + $1.transitions.count }
            return Array(group)
        }
    }

    private func write(_ group: [Entry]) async {
        defer { state.withLock { $0.writingSince = nil } }
        let skippingLocked = group.contains { $0.skippingLocked }
        var failures = 0
        while true {
            state.withLock { $0.writingSince = .now }
            do {
                var verdicts = try await store.commit(
                    group.flatMap(\.transitions),
                    skippingLocked: skippingLocked
                )[...]
                state.withLock { state in
                    state.isHealthy = true
                    state.writingSince = nil
                }
                for entry in group {
                    entry.continuation.resume(returning: Array(verdicts.prefix(entry.transitions.count)))
                    verdicts = verdicts.dropFirst(entry.transitions.count)
                }
                return
            } catch let error as Deposed {
                end(error)
                for entry in group { entry.continuation.resume(throwing: error) }
                return
            } catch {
                state.withLock { $0.isHealthy = false }
                if let ended = endedBy {
                    for entry in group { entry.continuation.resume(throwing: ended) }
                    return
                }
                failures += 1
                logger.error(
                    "transitions can't be written; trying again",
                    metadata: ["perigee.error": "\(error)", "perigee.failures": "\(failures)"]
                )
                if group.count > 1, !error.isWorthRepeating {
                    // One of them may be at fault: the others mustn't suffer.
                    for entry in group { await write([entry]) }
                    return
                }
                if !error.isWorthRepeating {
                    group.forEach { $0.continuation.resume(throwing: error) }
                    state.withLock { $0.isHealthy = true }
                    return
                }
                try? await Task.sleep(for: Self.retryPolicy.delay(afterFailedAttempts: failures) ?? .zero)
            }
        }
    }
}
