import FoundationEssentials
package import Jobs
import Protocol

/// The commands `workers drain` and `workers resume`.
package enum WorkerCordon {
    /// How often the table is looked at while waiting.
    private static let interval = Duration.milliseconds(500)

    /// Has workers finish what they do and leave, and those that come later stay idle.
    /// - Parameters:
    ///   - deadline: the time to finish in; `nil` for as long as it takes.
    ///   - wait: whether to return only when none of them has a job any more.
    /// - Throws: ``Complaint`` when they still have jobs after deadline and lease; `CoordinatorError`.
    package static func drain(
        _ settings: Settings,
        _ target: Cordon.Target,
        reason: String,
        deadline: Duration?,
        wait: Bool
    ) async throws {
        var drain = WireDrainWorkers()
        drain.target = WireWorkerTarget(target)
        drain.reason = reason
        drain.deadlineMilliseconds = UInt64(max(0, (deadline ?? .zero) / .milliseconds(1)))
        drain.requestedBy = OperatorSession.requester
        let (answer, lease) = try await ask(settings, .drainWorkers(drain))
        let output = try StandardOutput()
        for worker in answer.workers {
            try await output.write("\(worker.name) on \(worker.host): \(worker.leases.jobs) to finish\n")
        }
        if answer.workers.isEmpty {
            try await output.write("\(target): none runs now; one that is started stays idle until it is resumed\n")
        }
        guard wait else { return }
        try await waitUntilEmpty(settings, target, until: deadline.map { .now + $0 + lease })
        try await output.write("\(target): drained\n")
    }

    /// Has workers work again.
    /// - Throws: ``Complaint`` when they weren't drained; `CoordinatorError`.
    package static func resume(_ settings: Settings, _ target: Cordon.Target) async throws {
        var resume = WireResumeWorkers()
        resume.target = WireWorkerTarget(target)
        let (answer, _) = try await ask(settings, .resumeWorkers(resume))
        guard answer.wasCordoned else {
            throw Complaint("\(target) is not drained; see: perigee workers list")
        }
        let output = try StandardOutput()
        try await output.write("\(target): resumed\n")
        for worker in answer.workers where worker.cordoned {
            let other = if case .host = target { "by its name" } else { "with its host" }
            try await output.write("\(worker.name) on \(worker.host) is still drained \(other)\n")
        }
    }

    private static func ask(
        _ settings: Settings,
        _ body: WireRequest.OneOf_Body
    ) async throws -> (WireWorkersTargeted, lease: Duration) {
        try await OperatorSession.run(settings, "workers") { session in
            guard case .workersTargeted(let answer) = try await session.send(body).body else {
                throw OperatorSession.surprise
            }
            return (answer, session.lease)
        }
    }

    private static func waitUntilEmpty(
        _ settings: Settings,
        _ target: Cordon.Target,
        until end: ContinuousClock.Instant?
    ) async throws {
        try await ReadSession.run(settings, .table) { session in
            while true {
                let page = try await session.reports.workers(includingGone: true, limit: JobReports.rowLimit)
                let busy = page.items.filter { $0.leases > 0 && target.matches($0.worker) }
                guard !busy.isEmpty else { return }
                if let end, ContinuousClock.now >= end {
                    let left = busy.map { "\($0.worker.name) has \(UInt32(clamping: $0.leases).jobs)" }
                    throw Complaint("not drained in time: \(left.joined(separator: ", ")); see: perigee jobs list")
                }
                try await Task.sleep(for: interval)
            }
        }
    }
}

extension WireWorkerTarget {
    fileprivate init(_ target: Cordon.Target) {
        self.init()
        switch target {
        case .worker(let name): worker = name
        case .host(let name): host = name
        }
    }
}

extension Cordon.Target {
    fileprivate func matches(_ worker: WorkerRecord) -> Bool {
        switch self {
        case .worker(let name): worker.name == name
        case .host(let name): worker.host == name
        }
    }
}

extension UInt32 {
    fileprivate var jobs: String { counted("job") }
}
