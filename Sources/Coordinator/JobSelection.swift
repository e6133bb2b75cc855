import Jobs
import Protocol

/// Which jobs an operator means.
struct JobSelection: Sendable {
    /// So many jobs a request names at most.
    static let maximumNumbers = 1000

    /// By number; empty where the filter says which.
    let ids: [JobID]
    let filter: JobFilter
    /// What the verb can be said of, within what the filter lets through.
    let states: [JobState]
    let last: JobID?

    init(_ selection: WireJobSelection, for verb: WireChangeJobs.Verb) throws(RefusalError) {
        let possible = try verb.states
        var filter = JobFilter()
        guard !selection.hasEmptyFilter else {
            throw RefusalError(.malformed, "a filter for jobs is empty; that doesn't mean every one")
        }
        filter.run = selection.hasRun ? RunID(rawValue: selection.run) : nil
        filter.kind = selection.hasKind ? JobKind(rawValue: selection.kind) : nil
        filter.wiki = selection.hasWiki ? selection.wiki : nil
        if selection.hasState {
            guard let state = JobState(rawValue: selection.state), possible.contains(state) else {
                let names = possible.map(\.rawValue).joined(separator: ", ")
                throw RefusalError(.malformed, "this can be said of jobs that are \(names), not \(selection.state)")
            }
            filter.state = state
        }
        guard selection.jobs.count <= Self.maximumNumbers else {
            throw RefusalError(.malformed, "a request names at most \(Self.maximumNumbers) jobs")
        }
        guard selection.jobs.isEmpty == (filter != JobFilter() || selection.all) else {
            throw RefusalError(.malformed, "jobs are named by numbers, or by a filter, or all are meant")
        }
        ids = Set(selection.jobs).sorted().map(JobID.init(rawValue:))
        self.filter = filter
        states = filter.state.map { [$0] } ?? possible
        last = selection.after == 0 ? nil : JobID(rawValue: selection.after)
    }
}

extension WireJobSelection {
    /// Whether it has a filter that may have lost its value on its way here.
    fileprivate var hasEmptyFilter: Bool {
        (hasRun && run == 0) || (hasKind && kind.isEmpty) || (hasWiki && wiki.isEmpty) || (hasState && state.isEmpty)
    }
}

extension WireChangeJobs.Verb {
    /// The states in which a job can be for it.
    fileprivate var states: [JobState] {
        get throws(RefusalError) {
            switch self {
            case .retry: JobState.allCases.filter(\.isGivenUp)
            case .cancel: JobState.allCases.filter(\.isActive)
            case .release: [.leased]
            case .unspecified, .UNRECOGNIZED: throw RefusalError(.malformed, "it isn't said what to do with the jobs")
            }
        }
    }
}
