import CLI
import MariaDB
import Protocol
import Testing

@Suite struct PauseTimesTests {
    @Test(arguments: [("90s", 90), ("30m", 1800), ("2h30m", 9000), ("7d", 604_800), ("1d1h1m1s", 90_061)])
    func durations(text: String, seconds: Int) {
        #expect(PauseTimes.duration(text) == .seconds(seconds))
    }

    @Test(arguments: ["", "5", "m", "1x", "0s", "-1m", "1.5h", "1h 2m", "4000d", "99999999999s", "٣m"])
    func noDurations(text: String) {
        #expect(PauseTimes.duration(text) == nil)
    }

    @Test(arguments: [
        ("2026-11-22", "2026-11-22T00:00:00Z"), ("2026-11-22 18:00", "2026-11-22T18:00:00Z"),
        ("2026-11-22T18:00:05", "2026-11-22T18:00:05Z"), ("2026-11-22T18:00:05Z", "2026-11-22T18:00:05Z"),
        ("2026-11-22 18:00Z", "2026-11-22T18:00:00Z"),
    ])
    func times(text: String, expected: String) {
        #expect(PauseTimes.time(text)?.description == expected)
    }

    @Test(arguments: [
        "", "tomorrow", "18:00", "2026-13-01", "2026-02-31", "2026-11-22 25:00", "2026-11-22 18:00 x", "22.11.2026",
    ])
    func noTimes(text: String) {
        #expect(PauseTimes.time(text) == nil)
    }

    @Test func pausesAreShown() {
        var status = WireStatus()
        for number in 0..<12 {
            var pause = WirePauseStatus()
            pause.scope = "wiki"
            pause.name = "w\(number)\u{1B}"
            pause.reason = "why"
            pause.pausedBy = "me@here"
            status.pauses.append(pause)
        }
        status.pauses[0].scope = "kind"
        status.pauses[0].automatic = true
        status.pauses[0].untilUnixMilliseconds = 1_800_000_000_000
        var view = ProgressView()
        view.live = .answered(status, term: 1)
        let picture = view.picture(TerminalStyle(width: 120, height: nil, isColoured: false))
        #expect(
            Array(picture.dropFirst(2).prefix(2)) == [
                "paused until 2027-01-15 08:00:00Z: kind:w0\\x1b (why)",
                "paused until it is resumed: wiki:w1\\x1b (why, by me@here)",
            ]
        )
        #expect(picture.count == 13)
        #expect(picture.last == "and 2 more are paused")
        #expect(view.logLines.dropFirst().first == "paused until 2027-01-15 08:00:00Z: kind:w0\\x1b (why)")
    }
}
