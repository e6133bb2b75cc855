import SeededGenerator
import Testing

@testable import MediaWiki

@Suite struct ServerSentEventTests {
    /// What the whole text gives, and that it gives the same in pieces of any size.
    private func events(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> [String] {
        let bytes = Array(text.utf8)
        var parser = ServerSentEventParser()
        let whole = parser.take(bytes)
        for size in [1, 2, 3, 7] {
            var parts = ServerSentEventParser()
            var events: [ServerSentEvent] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += parts.take(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(events == whole, sourceLocation: sourceLocation)
            #expect(parts.lastEventID == parser.lastEventID, sourceLocation: sourceLocation)
            #expect(parts.retry == parser.retry, sourceLocation: sourceLocation)
        }
        return whole.map { String(decoding: $0.data, as: UTF8.self) }
    }

    /// The examples of the standard, and lines of all sorts.
    @Test(arguments: [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", ["YHOO\n+2\n10"]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            ["first event", "second event", " third event"]
        ),
        ("data\n\ndata\ndata\n\ndata:\n", ["", "\n"]),
        ("data:test\n\ndata: test\n\n", ["test", "test"]),
        ("\u{FEFF}data: a\n\n", ["a"]),
        ("data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", ["a\nb", "c", "d"]),
        ("event: message\nid: 5\n\ndata: a\nother: x\n:data: no\n\n", ["a"]),
        ("data: never ended\n", []),
        ("\n\n\n", []),
    ])
    func textGivesItsEvents(text: String, expected: [String]) {
        #expect(events(text) == expected)
    }

    @Test func idOfTheLastEventThatHasEnded() {
        var parser = ServerSentEventParser(lastEventID: "old")
        _ = parser.take(Array("data: a\n\n".utf8))
        #expect(parser.lastEventID == "old")
        _ = parser.take(Array("id: [{\"topic\":\"x\",\"offset\":-1}]\ndata: a\n".utf8))
        #expect(parser.lastEventID == "old")
        _ = parser.take(Array("\n".utf8))
        #expect(parser.lastEventID == #"[{"topic":"x","offset":-1}]"#)
        // What no header can carry.
        _ = parser.take(Array("id: a\u{0}b\ndata: a\n\n".utf8))
        _ = parser.take(Array("id: \(String(repeating: "x", count: 5000))\ndata: a\n\n".utf8))
        _ = parser.take([0x69, 0x64, 0x3a, 0xff, 0xfe, 0x0a, 0x0a])
        #expect(parser.lastEventID == #"[{"topic":"x","offset":-1}]"#)
        _ = parser.take(Array("id\ndata: a\n\n".utf8))
        #expect(parser.lastEventID == "")
    }

    @Test(arguments: [
        ("retry: 1500\n", Duration.milliseconds(1500)), ("retry: 1e3\n", nil), ("retry:\n", nil), ("retry: -1\n", nil),
        ("retry: 99999999999999999999\n", nil),
    ])
    func timeAfterWhichToAskAgain(text: String, expected: Duration?) {
        var parser = ServerSentEventParser()
        _ = parser.take(Array(text.utf8))
        #expect(parser.retry == expected)
    }

    @Test func largeEventsAreDroppedAndTheNextIsThere() {
        var parser = ServerSentEventParser()
        let half = Array(repeating: UInt8(ascii: "x"), count: ServerSentEventParser.dataLimit / 2)
        var events = parser.take(Array("data: ".utf8) + half + half + half + Array("\n\n".utf8))
        events += parser.take(Array("data: ".utf8) + half + Array("\ndata: ".utf8) + half + Array("\ndata: y\n\n".utf8))
        #expect(events == [])
        #expect(parser.dropped == 2)
        #expect(parser.take(Array("data: z\n\n".utf8)).map(\.data) == [[UInt8(ascii: "z")]])
    }

    /// Bytes of all sorts end nothing, keep the bounds, and are the same in pieces of any size. Inputs that once did
    /// something else are kept above.
    @Test func anyBytes() {
        let words = [
            "data", "id", "retry", "event", ":", " ", "\n", "\r", "\r\n", "\n\n", "{", "828", "\u{FEFF}", "ü", "\0",
        ]
        for seed in 0..<400 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...120, using: &generator) {
                if Int.random(in: 0..<5, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += Array(words[Int.random(in: 0..<words.count, using: &generator)].utf8)
                }
            }
            var whole = ServerSentEventParser()
            let expected = whole.take(bytes)
            var parts = ServerSentEventParser()
            var events: [ServerSentEvent] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...9, using: &generator))
                rest = rest.dropFirst(piece.count)
                events += parts.take(piece)
            }
            #expect(events == expected, "seed \(seed)")
            #expect(parts.lastEventID == whole.lastEventID, "seed \(seed)")
            #expect(expected.reduce(0) { $0 + $1.data.count } <= bytes.count, "seed \(seed)")
            #expect(whole.lastEventID?.utf8.allSatisfy { $0 >= 0x20 } ?? true, "seed \(seed)")
            for event in expected { _ = StreamedChange(json: event.data) }
        }
    }
}
