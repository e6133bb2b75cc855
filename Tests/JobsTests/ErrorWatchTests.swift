import MariaDB
import Testing

@testable import Jobs

@Suite struct ErrorWatchTests {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)

    func watch(_ wikis: Int = 3) -> ErrorWatch {
        var settings = ErrorWatch.Settings()
        settings.wikis = wikis
        return ErrorWatch(settings)
    }

    /// Fails on some wikis, each with an error of its own wording, and gives the alarms.
    func fail(_ watch: inout ErrorWatch, _ wikis: String..., after time: Duration = .zero, kind: JobKind = .modules)
        -> [ErrorWatch.Alarm]
    {
        wikis.compactMap { wiki in
            let message = "\(wiki): the web server answers with an error: 17 bytes (HTTP 503)"
            return watch.failed(kind, wiki: wiki, message: message, at: now.advanced(by: time))
        }
    }

    @Test func sameErrorOnSoManyWikisIsAnAlarm() throws {
        var watch = watch()
        #expect(fail(&watch, "aawiki", "bbwiki") == [])
        let alarm = try #require(fail(&watch, "ccwiki").first)
        #expect(alarm.kind == .modules)
        #expect(alarm.wikis == 3)
        #expect(alarm.message == "ccwiki: the web server answers with an error: 17 bytes (HTTP 503)")
        #expect(alarm.pause == .seconds(600))
    }

    @Test func oneWikiCountsOnce() {
        var watch = watch()
        #expect(fail(&watch, "aawiki", "aawiki", "aawiki", "bbwiki", "bbwiki") == [])
    }

    @Test func aSuccessBetweenForgives() {
        var watch = watch()
        #expect(fail(&watch, "aawiki", "bbwiki") == [])
        watch.succeeded(.modules)
        #expect(fail(&watch, "ccwiki", "ddwiki") == [])
        watch.succeeded(.wikis)
        #expect(fail(&watch, "eewiki").count == 1)
    }

    @Test func kindsAreCountedApart() {
        var watch = watch()
        #expect(fail(&watch, "aawiki", "bbwiki") == [])
        #expect(fail(&watch, "ccwiki", "ddwiki", kind: .wikis) == [])
        #expect(fail(&watch, "ccwiki").map(\.kind) == [.modules])
    }

    @Test func pausesDoubleUntilASuccess() {
        var watch = watch()
        var time = Duration.zero
        for expected in [600, 1200, 2400, 4800, 9600, 19_200, 21_600, 21_600] {
            #expect(fail(&watch, "aawiki", "bbwiki", "ccwiki", after: time).map(\.pause) == [.seconds(expected)])
            // What was under way fails while the kind is paused.
            #expect(fail(&watch, "ddwiki", "eewiki", "ffwiki", after: time + .seconds(expected - 1)) == [])
            time += .seconds(expected)
        }
        watch.succeeded(.modules)
        #expect(fail(&watch, "aawiki", "bbwiki", "ccwiki", after: time).map(\.pause) == [.seconds(600)])
    }

    @Test func resumedKindCountsAgain() {
        var watch = watch()
        #expect(fail(&watch, "aawiki", "bbwiki", "ccwiki").count == 1)
        watch.resumed(.modules)
        #expect(fail(&watch, "aawiki", "bbwiki", "ccwiki").map(\.pause) == [.seconds(1200)])
    }

    @Test func pauseOfAnEarlierCoordinatorIsRemembered() {
        var watch = watch()
        let until = now.advanced(by: .seconds(1200))
        watch.remember(
            Pause(.init(.kind, "modules"), until: until, reason: "", pausedBy: "", pausedAt: now, isAutomatic: true)
        )
        #expect(fail(&watch, "aawiki", "bbwiki", "ccwiki", after: .seconds(1199)) == [])
        let later = fail(&watch, "aawiki", "bbwiki", "ccwiki", after: .seconds(1200))
        #expect(later.map(\.pause) == [.seconds(2400)])
    }

    @Test func zeroIsNever() {
        var watch = watch(0)
        #expect(fail(&watch, "aawiki", "bbwiki", "ccwiki", "ddwiki") == [])
    }

    @Test func manyDifferentErrorsDoNotPushOutTheOneThatIsEverywhere() {
        var watch = watch()
        #expect(fail(&watch, "aawiki", "bbwiki") == [])
        for number in 0..<500 {
            let word = String(repeating: "x", count: number + 1)
            #expect(watch.failed(.modules, wiki: "w", message: word, at: now) == nil)
        }
        #expect(fail(&watch, "ccwiki").count == 1)
    }

    @Test(arguments: [
        ("dewiki: no answer: timeout after 12.5 s", "enwiki: no answer: timeout after 3 s"),
        ("dewiki: the API says \"x\"", "enwiki: the API says \"another\""),
        ("can't reach de.wikipedia.org:443", "can't reach en.wiktionary.org:443"),
        ("GET https://de.example.org/w/api.php?a=b failed", "GET http://en.example.org/x failed"),
        ("the value 'abc' isn't one", "the value '' isn't one"),
        ("the title \u{201C}Modul:A\u{201D} is odd", "the title \u{201C}Module:Zed\u{201D} is odd"),
    ])
    func sameCause(_ left: String, _ right: String) {
        let (first, second) = (
            ErrorWatch.signature(of: left, wiki: "dewiki"), ErrorWatch.signature(of: right, wiki: "enwiki")
        )
        #expect(first == second)
    }

    @Test func anOperatorsPauseInItsPlaceEndsTheWatchsOwn() throws {
        var settings = ErrorWatch.Settings()
        settings.wikis = 2
        var watch = ErrorWatch(settings)
        let now = Timestamp(microseconds: 1_800_000_000_000_000)
        func fail(after seconds: Int) -> ErrorWatch.Alarm? {
            let at = now.advanced(by: .seconds(seconds))
            let alarms = ["a", "b"].map { watch.failed(.modules, wiki: $0, message: "no", at: at) }
            return alarms[1]
        }
        #expect(fail(after: 0)?.pause == .seconds(600))
        watch.replaced(.modules, until: now.advanced(by: .seconds(60)))
        #expect(fail(after: 59) == nil)
        #expect(fail(after: 60)?.pause == .seconds(1200))
        // Nothing is counted otherwise for a kind that isn't paused.
        var other = ErrorWatch(settings)
        other.replaced(.modules, until: now.advanced(by: .seconds(60)))
        #expect(other.failed(.modules, wiki: "a", message: "no", at: now) == nil)
        #expect(other.failed(.modules, wiki: "b", message: "no", at: now) != nil)
    }

    @Test func otherCausesStayApart() {
        let messages = [
            "dewiki: no answer", "dewiki: the API says readonly", "dewiki: the API says internal_api_error",
            "can't open it; don't try", "can't open it; won't try",
        ]
        #expect(Set(messages.map { ErrorWatch.signature(of: $0, wiki: "dewiki") }).count == messages.count)
    }
}
