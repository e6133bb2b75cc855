package import Jobs
import Protocol

/// The commands `jobs retry`, `jobs cancel` and `jobs release`.
package enum JobsChange {
    /// What is done with the jobs.
    package enum Verb: Sendable {
        case retry, cancel, release
    }

    /// Which jobs are meant: these numbers, or a filter, or all.
    package struct Selection: Sendable {
        package var ids: [JobID] = []
        package var run: RunID?
        package var kind: String?
        package var wiki: String?
        package var state: String?
        package var all = false

        package init() {}

        var hasFilter: Bool { run != nil || kind != nil || wiki != nil || state != nil }
    }

    /// Has the coordinator change jobs, and says what has become of them.
    /// - Throws: ``Complaint`` when jobs that were named by number were left out, or others for now; `CoordinatorError`.
    package static func run(
        _ settings: Settings,
        _ verb: Verb,
        _ selection: Selection,
        _ format: OutputFormat,
        dryRun: Bool,
        reason: String?
    ) async throws {
        try check(selection, verb)
        var total = WireJobsChanged()
        var change = WireChangeJobs()
        change.verb = verb.wire
        change.dryRun = dryRun
        change.reason = reason ?? ""
        change.requestedBy = OperatorSession.requester
        let output = try StandardOutput()
        do {
            try await OperatorSession.run(settings, "jobs") { session in
                for part in selection.parts {
                    change.selection = part
                    repeat {
                        let response = try await session.send(.changeJobs(change))
                        guard case .jobsChanged(let changed) = response.body else { throw OperatorSession.surprise }
                        total.add(changed)
                        change.selection.after = changed.moreAfter
                    } while change.selection.after > 0
                }
                if total.changed == 0, total.leftOut == 0, selection.run != nil || selection.wiki != nil {
                    try await session.explain(settings) { try await explain(selection, $0) }
                }
            }
        } catch {
            // What was done stays done, whatever the next request came to.
            if total.changed > 0 { try await write(total, verb, format, dryRun: dryRun, to: output) }
            throw error
        }
        try await write(total, verb, format, dryRun: dryRun, to: output)
        if total.leftOut > 0, !selection.ids.isEmpty {
            throw Complaint("\(total.leftOut) of \(Set(selection.ids).count) jobs were left out")
        }
        if total.notYet > 0 { throw Complaint("\(total.notYet) couldn't be \(verb.done) yet; run it again") }
    }

    private static func write(
        _ total: WireJobsChanged,
        _ verb: Verb,
        _ format: OutputFormat,
        dryRun: Bool,
        to output: StandardOutput
    ) async throws {
        guard format == .table else {
            return try await output.write(document(total, dryRun: dryRun).written(format, style: .plain))
        }
        try await output.write(lines(total, verb, dryRun: dryRun).map { "\($0)\n" }.joined())
    }

    private static func check(_ selection: Selection, _ verb: Verb) throws {
        let given = [!selection.ids.isEmpty, selection.hasFilter, selection.all].count { $0 }
        guard given == 1 || (selection.hasFilter && selection.all && selection.ids.isEmpty) else {
            throw Complaint(
                "say which jobs: by number, or by --run, --kind, --wiki and --state, or --all",
                code: Exit.usage
            )
        }
        // Such as a shell's variable that isn't set.
        guard selection.run?.rawValue != 0 else { throw Complaint("--run takes the number of a run", code: Exit.usage) }
        guard selection.wiki != "" else {
            throw Complaint("--wiki takes the database name of a wiki", code: Exit.usage)
        }
        if let kind = selection.kind {
            let known = KindCatalog.standard.kinds.map(\.rawValue)
            guard known.contains(kind) else {
                throw Complaint(Suggestion.unknown("kind", kind, inFew: known), code: Exit.usage)
            }
        }
        if let state = selection.state, !verb.states.contains(state) {
            throw Complaint(
                "a job to \(verb.name) is \(verb.states.joined(separator: ", "))\(Suggestion.hint(for: state, in: verb.states))",
                code: Exit.usage
            )
        }
    }

    /// Whether nothing was found because a name is wrong.
    private static func explain(_ selection: Selection, _ session: ReadSession) async throws {
        if let run = selection.run, try await session.reports.run(run) == nil {
            throw Complaint("there is no run \(run); see: perigee runs list")
        }
        if let wiki = selection.wiki { try await session.checkWikis([wiki]) }
    }

    static func lines(_ total: WireJobsChanged, _ verb: Verb, dryRun: Bool) -> [String] {
        guard total.changed > 0 || total.leftOut > 0 else { return ["no job to \(verb.name)"] }
        let jobs = total.changed.counted("job")
        let head = dryRun ? "would \(verb.name) \(jobs)" : "\(jobs) \(verb.done)"
        var lines = [head + list(total.firstChanged.map(\.text), of: total.changed)]
        if total.leftOut > 0 {
            let names = total.firstLeftOut.map { "\($0.text) (\($0.why))" }
            lines.append("\(total.leftOut) left out" + list(names, of: total.leftOut))
        }
        return lines.map { DisplayText.visible($0) }
    }

    private static func list(_ names: [String], of count: UInt64) -> String {
        guard !names.isEmpty else { return "" }
        let more = count > names.count ? " and \(count - UInt64(names.count)) more" : ""
        return ": \(names.joined(separator: ", "))\(more)"
    }
}

extension JobsChange.Verb {
    fileprivate var wire: WireChangeJobs.Verb {
        switch self {
        case .retry: .retry
        case .cancel: .cancel
        case .release: .release
        }
    }

    fileprivate var name: String {
        switch self {
        case .retry: "retry"
        case .cancel: "cancel"
        case .release: "release"
        }
    }

    fileprivate var done: String {
        switch self {
        case .retry: "retried"
        case .cancel: "cancelled"
        case .release: "released"
        }
    }

    /// The states that a job can be in for it.
    fileprivate var states: [String] {
        switch self {
        case .retry: JobState.allCases.filter(\.isGivenUp).map(\.rawValue)
        case .cancel: JobState.allCases.filter(\.isActive).map(\.rawValue)
        case .release: [JobState.leased.rawValue]
        }
    }
}

extension JobsChange.Selection {
    /// So many numbers one request names.
    private static let numbersPerRequest = 1000

    /// What is sent, one after the other.
    fileprivate var parts: [WireJobSelection] {
        guard !ids.isEmpty else {
            var part = WireJobSelection()
            if let run { part.run = run.rawValue }
            if let kind { part.kind = kind }
            if let wiki { part.wiki = wiki }
            if let state { part.state = state }
            part.all = all
            return [part]
        }
        let numbers = Set(ids).sorted().map(\.rawValue)
        return stride(from: 0, to: numbers.count, by: Self.numbersPerRequest).map { start in
            var part = WireJobSelection()
            part.jobs = Array(numbers[start..<min(start + Self.numbersPerRequest, numbers.count)])
            return part
        }
    }
}

extension WireJobsChanged {
    /// So many are named, however many answers there are.
    private static let named = 10

    fileprivate mutating func add(_ other: WireJobsChanged) {
        changed += other.changed
        leftOut += other.leftOut
        notYet += other.notYet
        firstChanged = Array((firstChanged + other.firstChanged).prefix(Self.named))
        firstLeftOut = Array((firstLeftOut + other.firstLeftOut).prefix(Self.named))
    }
}

extension WireNamedJob {
    /// Such as `4711 modules enwiki`.
    fileprivate var text: String { (["\(job)", kind, wiki].filter { !$0.isEmpty }).joined(separator: " ") }
}
