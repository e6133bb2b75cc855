import MariaDB

/// How fast something was done lately: what was done at some times, and what follows from it for the time that is left.
struct PaceHistory: Sendable {
    /// Older samples are forgotten.
    private static let span = Duration.seconds(180)
    /// The recent time is looked at in so many parts, whose rates differ more or less.
    private static let parts = 6
    /// A rate needs so many samples, over a time of at least ``shortestSpan``.
    private static let fewestSamples = 4
    private static let shortestSpan = Duration.seconds(3)

    private var samples: [(at: Timestamp, done: Double)] = []

    /// Adds what is done by now. Less than before means that something began anew: what was before is forgotten.
    mutating func add(_ done: Double, at time: Timestamp) {
        if let last = samples.last, done < last.done { samples = [] }
        guard samples.last.map({ $0.at < time }) ?? true else { return }
        samples.append((time, done))
        // One sample from before the span stays, so that it is filled whole.
        while samples.count > 2, samples[1].at.duration(to: time) >= Self.span { samples.removeFirst() }
    }

    /// Per second, over the recent time; `nil` while that is too short to say.
    var rate: Double? {
        guard let first = samples.first, let last = samples.last, samples.count >= Self.fewestSamples else {
            return nil
        }
        let time = first.at.duration(to: last.at)
        guard time >= Self.shortestSpan else { return nil }
        return (last.done - first.done) / time.inSeconds
    }

    /// The rate, less and more by as much as the rates of the parts of the recent time differ (their standard deviation).
    var range: (slow: Double, fast: Double)? {
        guard let rate, let first = samples.first, let last = samples.last else { return nil }
        let part = first.at.duration(to: last.at).inSeconds / Double(Self.parts)
        let rates = (0..<Self.parts).map { index in
            (done(at: Double(index + 1) * part, after: first.at) - done(at: Double(index) * part, after: first.at))
                / part
        }
        let variance = rates.reduce(0) { $0 + ($1 - rate) * ($1 - rate) } / Double(Self.parts)
        let deviation = variance.squareRoot()
        return (max(0, rate - deviation), rate + deviation)
    }

    /// The time that is left for so much work, at the fast and at the slow rate; the slow one may never end it. `nil` while
    /// nobody can say.
    func timeLeft(for work: Double) -> TimeLeft? {
        guard work > 0 else { return TimeLeft(least: .zero, most: .zero) }
        guard let range, range.fast > 0 else { return nil }
        return TimeLeft(
            least: .seconds(work / range.fast),
            most: range.slow > 0 && work / range.slow < 1e7 ? .seconds(work / range.slow) : nil
        )
    }

    /// Between two samples it's taken to have gone on evenly.
    private func done(at seconds: Double, after start: Timestamp) -> Double {
        var previous = samples[0]
        for sample in samples {
            let time = start.duration(to: sample.at).inSeconds
            if time >= seconds {
                let earlier = start.duration(to: previous.at).inSeconds
                guard time > earlier else { return sample.done }
                return previous.done + (sample.done - previous.done) * (seconds - earlier) / (time - earlier)
            }
            previous = sample
        }
        return previous.done
    }
}

/// How long something will take, as far as one can say.
package struct TimeLeft: Sendable, Equatable {
    package let least: Duration
    /// `nil` where it may take any time.
    package let most: Duration?
}

extension TimeLeft: CustomStringConvertible {
    /// Such as `12-27 min`, `over 3 min` or `2 s`.
    package var description: String {
        guard let most else { return "over \(least.spoken)" }
        let (short, long) = (least.spoken, most.spoken)
        if short == long { return short }
        let (left, right) = (short.split(separator: " "), long.split(separator: " "))
        // With one unit alike it's said once.
        if left.count == 2, right.count == 2, left[1] == right[1] { return "\(left[0])-\(long)" }
        return "\(short) - \(long)"
    }
}

extension Duration {
    /// In seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Rounded for people, such as `40 s`, `12 min`, `3 h 20 min` or `2 d 5 h`.
    package var spoken: String {
        let seconds = Int(inSeconds.rounded(.up))
        func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
            small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
        }
        switch seconds {
        case ..<100: return "\(max(0, seconds)) s"
        case ..<6000: return "\((seconds + 30) / 60) min"
        case ..<172_800: return pair((seconds + 30) / 3600, "h", (seconds + 30) % 3600 / 60, "min")
        default: return pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }
}
