package import Jobs
import MariaDB

/// Shows how far runs have got, from what was seen of them at two times or more. Pure: samples in, lines out.
package struct ProgressView: Sendable {
    private static let barWidth = 10...40
    private static let nameWidth = 16

    private var book = PaceBook()
    /// What was seen last.
    package private(set) var sample: ProgressSample?
    /// What the coordinator said last; `nil` when it wasn't asked.
    package var live: LiveStatus?
    /// Whether the database didn't answer: the sample is an old one then.
    package var isDatabaseAway = false

    /// A view of nothing yet.
    package init() {}

    /// Takes a sample.
    package mutating func add(_ sample: ProgressSample) {
        book.add(sample)
        self.sample = sample
    }

    /// The pace of all kinds of all runs.
    package var paces: [KindPace] {
        sample?.runs.flatMap { run in run.kinds.map { book.pace(of: $0, in: run) } } ?? []
    }

    // MARK: For a terminal

    /// The picture, within the style's height and width. Without a height it isn't drawn in place: nothing is cut.
    package func picture(_ style: TerminalStyle) -> [String] {
        let width = style.width ?? 80
        var lines = (sample?.runs ?? []).flatMap { picture(of: $0, width: width) }
        if lines.isEmpty { lines = ["no run is under way"] }
        lines += (sample?.streams ?? []).map(streamLine)
        lines += live?.lines ?? []
        if let sample {
            lines.append("as of \(sample.at.seconds)\(isDatabaseAway ? "; the database doesn't answer since" : "")")
        }
        guard let height = style.height else { return lines }
        let limit = max(1, height - 1)
        if lines.count > limit {
            let left = lines.count - limit + 1
            lines =
                Array(lines.prefix(limit - 1)) + [
                    "… \(left) more lines: see perigee runs list, or make the terminal higher"
                ]
        }
        return lines.map { DisplayText.cut($0, to: width) }
    }

    private func picture(of run: RunProgress, width: Int) -> [String] {
        let end = run.finishedAt ?? sample?.at ?? run.createdAt
        let age = run.createdAt.duration(to: end).spoken
        let head = "run \(run.id)  \(run.state)\(run.finishedAt == nil ? " for" : " in") \(age)"
        guard !run.kinds.isEmpty else { return [head] }
        return [head] + run.kinds.flatMap { lines(of: book.pace(of: $0, in: run), width: width) }
    }

    private func streamLine(_ stream: StreamProgress) -> String {
        let behind: String =
            if let upTo = stream.upTo, let sample {
                "is \(max(.zero, upTo.duration(to: sample.at)).spoken) behind"
            } else {
                "has told nothing yet"
            }
        let wikis = stream.waitingWikis
        return "the stream of job \(stream.job) \(behind)"
            + (wikis > 0 ? "; \(wikis) wikis have changes to be looked at" : "")
    }

    private func lines(of pace: KindPace, width: Int) -> [String] {
        let name = DisplayText.cut(DisplayText.visible(pace.kind.kind.rawValue), to: Self.nameWidth)
        let label = "  " + name + String(repeating: " ", count: max(1, 9 - DisplayText.width(name)))
        let main = "\(pace.percent)  \(pace.jobsEnded)/\(pace.kind.jobCount) jobs  \(pace.kind.itemsDone.grouped) items"
        let rate = pace.rateText.map { "  \($0)" } ?? ""
        let left = pace.kind.activeJobs > 0 ? "  ETA \(pace.timeLeft?.description ?? "unknown")" : ""
        var lines: [String] = []
        let room = width - DisplayText.width(label) - 1 - DisplayText.width(main + rate + left)
        if room >= Self.barWidth.lowerBound {
            lines = [label + pace.bar(min(room, Self.barWidth.upperBound)) + " " + main + rate + left]
        } else {
            // Too narrow for one line: the second has what didn't fit.
            let bar = max(1, min(width - DisplayText.width(label + main) - 1, Self.barWidth.upperBound))
            lines = [label + pace.bar(bar) + " " + main]
            let rest = (rate + left).drop { $0 == " " }
            if !rest.isEmpty { lines.append(String(repeating: " ", count: DisplayText.width(label)) + rest) }
        }
        let states = pace.stateText
        if !states.isEmpty { lines.append(String(repeating: " ", count: DisplayText.width(label)) + states) }
        return lines
    }

    // MARK: For a log

    /// One line for each kind of each run, with what changes from time to time but no clock.
    package var logLines: [String] {
        var lines = (sample?.runs ?? []).flatMap { run in
            run.kinds.isEmpty
                ? ["run \(run.id) \(run.state)"] : run.kinds.map { logLine(of: book.pace(of: $0, in: run)) }
        }
        if lines.isEmpty { lines = ["no run is under way"] }
        if isDatabaseAway { lines.append("the database doesn't answer") }
        if case .unreachable = live { lines.append("coordinator not reached") }
        lines += (live?.heldBack ?? []).map { DisplayText.visible("held back: \($0)") }
        lines += live?.paused ?? []
        return lines
    }

    private func logLine(of pace: KindPace) -> String {
        var parts = [
            "\(pace.jobsEnded)/\(pace.kind.jobCount) jobs", pace.percent.trimmed, "\(pace.kind.itemsDone) items",
        ]
        if let rate = pace.rateText { parts.append(rate) }
        if pace.kind.activeJobs > 0 { parts.append("ETA \(pace.timeLeft?.description ?? "unknown")") }
        let states = pace.stateText
        if !states.isEmpty { parts.append(states) }
        let kind = DisplayText.visible(pace.kind.kind.rawValue)
        return "run \(pace.run.id) \(pace.run.state) \(kind): \(parts.joined(separator: ", "))"
    }
}

extension KindPace {
    /// Such as ` 61.8 %`.
    fileprivate var percent: String {
        let text = (fraction * 100).written(decimals: 1)
        return String(repeating: " ", count: max(0, 5 - text.count)) + text + " %"
    }

    /// Items per second, or jobs per minute where a kind has no items.
    fileprivate var rateText: String? {
        guard kind.activeJobs > 0 else { return nil }
        if let itemRate, kind.itemsDone > 0 { return "\(itemRate.written(decimals: itemRate < 100 ? 1 : 0))/s" }
        return jobRate.map { "\(($0 * 60).written(decimals: 1)) jobs/min" }
    }

    /// How many jobs are in the states that say something.
    fileprivate var stateText: String {
        [JobState.leased, .ready, .waiting, .failed, .quarantined, .cancelled]
            .filter { kind.jobs($0) > 0 }.map { "\(kind.jobs($0)) \($0.rawValue)" }.joined(separator: ", ")
    }

    /// A bar of so many columns, filled to an eighth of a column.
    fileprivate func bar(_ columns: Int) -> String {
        let eighths = Int((Double(columns * 8) * min(max(fraction, 0), 1)).rounded(.down))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let filled = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        return filled + String(repeating: "░", count: columns - filled.count)
    }
}

extension UInt64 {
    /// With commas between thousands.
    var grouped: String {
        let digits = String(self)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result += "," }
            result.append(digit)
        }
        return result
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
