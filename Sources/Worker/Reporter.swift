import Concurrency
import FoundationEssentials
import Jobs
import Logging
import MariaDB
import Protocol
import SwiftProtobuf

/// Tells the coordinator what became of jobs: many in one message, again and again until it has answered, or the leases are
/// over and a while has passed.
actor Reporter {
    private struct Entry {
        let control: JobControl
        let result: JobResult
        let continuation: CheckedContinuation<Void, Never>
    }

    /// No message tells of more jobs.
    private static let batchSize = 256
    /// A coordinator that comes back extends leases: what is told late saves it from waiting for them.
    private static let patience = Duration.seconds(30)

    private let client: CoordinatorClient
    private let logger: Logger
    private var waiting: [Entry] = []
    private var isSending = false

    init(client: CoordinatorClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Returns when the coordinator knows, or when it doesn't matter any more.
    func report(_ result: JobResult, of control: JobControl) async {
        if case .lost = result { return }
        await withCheckedContinuation { continuation in
            waiting.append(Entry(control: control, result: result, continuation: continuation))
            if !isSending {
                isSending = true
                Task { await self.send() }
            }
        }
    }

    private func send() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.batchSize))
            waiting.removeFirst(batch.count)
            // For all messages of the batch: what comes behind them mustn't wait for each.
            let patienceEnds = ContinuousClock.now + Self.patience
            for body in messages(batch) { await send(body, of: batch, until: patienceEnds) }
            batch.forEach { $0.continuation.resume() }
        }
        isSending = false
    }

    private func send(
        _ body: WireRequest.OneOf_Body,
        of batch: [Entry],
        until patienceEnds: ContinuousClock.Instant
    ) async {
        // Heartbeats go on renewing the leases meanwhile.
        let leases = batch.map(\.control)
        do {
            let response = try await client.send(body) { max(patienceEnds, leases.map(\.leaseEnds).max() ?? .now) }
            guard case .outcomes(let outcomes) = response.body else { return }
            for outcome in outcomes.outcomes where outcome.ruling == .stale {
                logger.notice("job was somebody else's already", metadata: ["perigee.job.id": "\(outcome.job)"])
            }
        } catch {
            logger.warning(
                "the coordinator wasn't told of finished jobs; they go on from their checkpoints elsewhere",
                metadata: ["perigee.error": "\(error)", "perigee.jobs": "\(batch.count)"]
            )
        }
    }

    private func messages(_ batch: [Entry]) -> [WireRequest.OneOf_Body] {
        var complete = WireComplete()
        var fail = WireFail()
        var release = WireRelease()
        for entry in batch {
            let lease = WireLease(entry.control.lease)
            switch entry.result {
            case .completed(let counts):
                complete.completions.append(
                    .with {
                        $0.lease = lease
                        $0.counts = counts
                        $0.checkpointSequence = entry.control.progress.checkpoint
                    }
                )
            case .failed(let message, let permanent, let resource):
                fail.failures.append(
                    .with {
                        $0.lease = lease
                        $0.message = message
                        $0.permanent = permanent
                        $0.resource = resource?.rawValue ?? ""
                    }
                )
            case .released(let reason, let wait, let resource):
                release.handbacks.append(
                    .with {
                        $0.lease = lease
                        $0.reason = reason
                        $0.waitMilliseconds = UInt32(clamping: wait.microseconds / 1000)
                        $0.resource = resource?.rawValue ?? ""
                    }
                )
            case .unable(let fault):
                release.handbacks.append(
                    .with {
                        $0.lease = lease
                        $0.reason = fault.cause
                    }
                )
            case .lost:
                break
            }
        }
        var messages: [WireRequest.OneOf_Body] = []
        if !complete.completions.isEmpty { messages.append(.complete(complete)) }
        if !fail.failures.isEmpty { messages.append(.fail(fail)) }
        if !release.handbacks.isEmpty { messages.append(.release(release)) }
        return messages
    }
}

extension WireLease {
    init(_ lease: Lease) {
        self.init()
        job = lease.job.rawValue
        attempt = lease.attempt
        leaseID = Data(lease.id.bytes)
    }
}
