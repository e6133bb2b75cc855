package import Jobs
import MariaDB

/// How far one kind of one run has got, how fast it goes and what is left: what all the views of progress show.
package struct KindPace: Sendable, Equatable {
    package let run: RunProgress
    package let kind: KindProgress
    /// Jobs that have ended, in any way.
    package let jobsEnded: Int
    /// From 0 to 1: by items where they are known of all jobs, else by jobs.
    package let fraction: Double
    /// Items per second lately or, of what was seen once only, since the run began; `nil` when not known.
    package let itemRate: Double?
    /// Jobs that ended per second, likewise.
    package let jobRate: Double?
    /// `nil` when not known.
    package let timeLeft: TimeLeft?
}

/// Follows runs from sample to sample.
struct PaceBook: Sendable {
    private struct Key: Hashable {
        let run: RunID
        let kind: JobKind
    }

    private var items: [Key: PaceHistory] = [:]
    private var jobs: [Key: PaceHistory] = [:]
    private var seenAt: Timestamp?

    /// Takes a sample; runs that aren't in it any more are forgotten.
    mutating func add(_ sample: ProgressSample) {
        let keys = sample.runs.flatMap { run in run.kinds.map { Key(run: run.id, kind: $0.kind) } }
        items = items.filter { keys.contains($0.key) }
        jobs = jobs.filter { keys.contains($0.key) }
        seenAt = sample.at
        for run in sample.runs {
            for kind in run.kinds {
                let key = Key(run: run.id, kind: kind.kind)
                items[key, default: PaceHistory()].add(Double(kind.itemsDone), at: sample.at)
                jobs[key, default: PaceHistory()].add(Double(kind.endedJobs), at: sample.at)
            }
        }
    }

    /// The pace of a kind, by the samples so far.
    func pace(of kind: KindProgress, in run: RunProgress) -> KindPace {
        let key = Key(run: run.id, kind: kind.kind)
        let isSized = kind.unsizedJobs == 0 && kind.itemsExpected > 0
        let left = kind.itemsExpected > kind.itemsDone ? kind.itemsExpected - kind.itemsDone : 0
        let history = isSized && left > 0 ? items[key] : jobs[key]
        let work = isSized && left > 0 ? Double(left) : Double(kind.activeJobs)
        let byItems = Double(kind.itemsDone) / Double(max(1, kind.itemsExpected))
        let byJobs = Double(kind.endedJobs) / Double(max(1, kind.jobCount))
        let age = run.createdAt.duration(to: run.finishedAt ?? seenAt ?? run.createdAt).inSeconds
        let average = Average(seconds: age, jobs: kind.endedJobs)
        let done = isSized && left > 0 ? Double(kind.itemsDone) : Double(kind.endedJobs)
        let timeLeft =
            history?.rate == nil ? average.timeLeft(for: work, done: done) : history?.timeLeft(for: work)
        return KindPace(
            run: run,
            kind: kind,
            jobsEnded: kind.endedJobs,
            // Not whole before the last job has ended.
            fraction: kind.activeJobs == 0 ? 1 : min(isSized ? byItems : byJobs, 0.999),
            itemRate: items[key]?.rate ?? average.rate(of: Double(kind.itemsDone)),
            jobRate: jobs[key]?.rate ?? average.rate(of: Double(kind.endedJobs)),
            timeLeft: run.finishedAt == nil ? timeLeft : nil
        )
    }
}

extension KindProgress {
    /// Jobs that have ended, in any way.
    var endedJobs: Int { jobCount - activeJobs }

    /// How many jobs there are in one state.
    func jobs(_ state: JobState) -> Int { jobs[state] ?? 0 }
}

/// The pace since a run began: what there is to say before it was watched for a while.
private struct Average {
    /// Fewer jobs say too little.
    private static let fewestJobs = 4

    let seconds: Double
    let jobs: Int

    func rate(of done: Double) -> Double? { seconds >= 1 && jobs >= Self.fewestJobs ? done / seconds : nil }

    /// Of n jobs, each of which took its own time, the mean is right within a part of 1/sqrt(n) or so.
    func timeLeft(for work: Double, done: Double) -> TimeLeft? {
        guard let rate = rate(of: done), rate > 0, work / rate < 1e7 else { return nil }
        let error = 1 / Double(jobs).squareRoot()
        return TimeLeft(least: .seconds(work / rate / (1 + error)), most: .seconds(work / rate / (1 - error)))
    }
}
