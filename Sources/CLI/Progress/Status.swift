package import Jobs
import MariaDB
import Protocol
import UnixSignals

/// The command `status`: how far runs have got, what the coordinator holds back, who works.
package enum Status {
    /// How long the coordinator has to answer.
    private static let askTime = Duration.milliseconds(1500)
    /// A log gets a line at least so often, changed or not.
    private static let longestSilence = Duration.seconds(60)

    /// Shows the status, once or until the runs have ended.
    /// - Parameters:
    ///   - runs: only these; those that are under way when empty.
    ///   - watch: goes on until they have ended. On a terminal it draws in place; else it prints a line for each change, and
    ///     with a format for programs an object a line.
    ///   - interval: how often it looks.
    /// - Throws: ``Complaint`` when there is no such run, or when one that was watched by number has failed; what reading and
    ///   writing throw.
    package static func show(
        _ settings: Settings,
        _ format: OutputFormat,
        runs: [RunID],
        watch: Bool,
        interval: Duration
    ) async throws {
        guard !watch || [.table, .json, .jsonl].contains(format) else {
            throw Complaint("--watch goes with table, json or jsonl, not with \(format.rawValue)", code: Exit.usage)
        }
        try await ReadSession.run(settings, format) { session in
            for run in runs where try await session.reports.run(run) == nil {
                throw Complaint("there is no run \(run); see: perigee runs list")
            }
            let asker = Asker(settings, session)
            do {
                if watch {
                    try await self.watch(session, asker, runs: runs, interval: interval)
                } else {
                    try await once(session, asker, runs: runs)
                }
            } catch {
                await asker.leave()
                throw error
            }
            await asker.leave()
        }
    }

    private static func once(_ session: ReadSession, _ asker: Asker, runs: [RunID]) async throws {
        var view = ProgressView()
        view.live = await asker.ask(within: askTime)
        view.add(try await session.reports.progress(of: runs))
        if session.format == .table {
            let lines = view.picture(TerminalStyle(width: session.style.width ?? 200, height: nil, isColoured: false))
            try await session.output.write(lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] })
        } else {
            try await session.write(view.document)
        }
    }

    /// Watches until all runs have ended, or until a signal ends it.
    private static func watch(
        _ session: ReadSession,
        _ asker: Asker,
        runs: [RunID],
        interval: Duration
    ) async throws {
        let isDrawn = session.format == .table && session.style.isTerminal
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let ended = try await withThrowingTaskGroup(of: UnixSignal?.self) { group in
            group.addTask {
                if isDrawn {
                    try await draw(session, asker, runs: runs, interval: interval)
                } else {
                    try await log(session, asker, runs: runs, interval: interval)
                }
                return nil
            }
            group.addTask { await signals.first { _ in true } }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let ended {
            await asker.leave()
            FatalSignal.end(by: ended.rawValue)
        }
        for run in runs {
            guard let report = try await session.reports.run(run) else { continue }
            if session.format == .table { try await session.output.write(report.outcome + "\n") }
            guard report.state != "done" else { continue }
            throw Complaint("run \(run) \(report.state); see: perigee jobs list --run \(run)")
        }
    }

    /// Draws on a terminal, in place.
    private static func draw(_ session: ReadSession, _ asker: Asker, runs: [RunID], interval: Duration) async throws {
        var drawing = Drawing()
        try await session.output.write(drawing.begin)
        do {
            for try await view in Samples(session: session, asker: asker, runs: runs, interval: interval) {
                let style = TerminalStyle.standardOutput
                try await session.output.write(drawing.draw(view.picture(style), style))
            }
        } catch {
            try? await session.output.write(drawing.end)
            throw error
        }
        try await session.output.write(drawing.end)
    }

    /// Writes a line for each change.
    private static func log(_ session: ReadSession, _ asker: Asker, runs: [RunID], interval: Duration) async throws {
        var last: (lines: [String], at: ContinuousClock.Instant)?
        for try await view in Samples(session: session, asker: asker, runs: runs, interval: interval) {
            guard session.format == .table else {
                try await session.output.write(view.document.written(.jsonl, style: .plain))
                continue
            }
            let lines = view.logLines
            let now = ContinuousClock.now
            if let last, last.lines == lines, now - last.at < longestSilence { continue }
            last = (lines, now)
            let time = (view.sample?.at ?? .now).seconds
            try await session.output.write(lines.flatMap { Array("\(time) \($0)\n".utf8) })
        }
    }
}

extension RunReport {
    /// How it ended and what it did, in a line.
    fileprivate var outcome: String {
        let done = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let time = took.map { " in \($0)" } ?? ""
        return "run \(id) \(state)\(time)" + (done.isEmpty ? "" : ": \(done.joined(separator: ", "))")
    }
}

/// Looks again and again, until all runs have ended. A database that is away is waited for.
private struct Samples: AsyncSequence, Sendable {
    typealias Element = ProgressView
    typealias Failure = any Error

    let session: ReadSession
    let asker: Asker
    let runs: [RunID]
    let interval: Duration

    func makeAsyncIterator() -> Iterator { Iterator(samples: self, runs: runs) }

    struct Iterator: AsyncIteratorProtocol {
        let samples: Samples
        /// Those to look at; grows by those that begin while others are watched.
        var runs: [RunID]
        var view = ProgressView()
        var isLast = false
        var hasBegun = false

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> ProgressView? {
            if isLast { return nil }
            if hasBegun { try await Task.sleep(for: samples.interval) }
            hasBegun = true
            view.live = await samples.asker.ask(within: .seconds(1))
            do {
                try await sample()
                view.isDatabaseAway = false
            } catch let error as MariaDBError where view.sample != nil && error.class.mayPass {
                view.isDatabaseAway = true
            }
            return view
        }

        private mutating func sample() async throws {
            if samples.runs.isEmpty {
                let active = try await samples.session.reports.progress().runs.map(\.id)
                // The newest ones, if there are more than one sample has.
                runs = Array(Set(runs + active).sorted().suffix(JobReports.sampleLimit))
            }
            let sample = try await samples.session.reports.progress(of: runs)
            view.add(sample)
            isLast = sample.runs.allSatisfy { $0.finishedAt != nil } || (samples.runs.isEmpty && runs.isEmpty)
        }
    }
}
