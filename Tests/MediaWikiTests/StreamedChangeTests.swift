import Foundation
import SeededGenerator
import Testing

@testable import MediaWiki

@Suite struct StreamedChangeTests {
    /// As Wikimedia's stream tells of an edit, without what isn't read.
    static let edit = """
        {"$schema":"/mediawiki/recentchange/1.0.0","meta":{"uri":"https://de.wikipedia.org/wiki/Modul:Math","id":"2c57","domain":\
        "de.wikipedia.org","stream":"mediawiki.recentchange","dt":"2026-11-22T06:10:01.123Z","topic":"eqiad.mediawiki.recentchange",\
        "partition":0,"offset":5},"id":42,"type":"edit","namespace":828,"title":"Modul:Math","comment":"","timestamp":1795327801,\
        "user":"Ada","bot":false,"wiki":"dewiki","revision":{"old":1,"new":2}}
        """
    static let moveIn = """
        {"meta":{"domain":"de.wikipedia.org","dt":"2026-11-22T06:10:01Z"},"type":"log","namespace":2,"title":"Benutzer:Ada/Entwurf",\
        "wiki":"dewiki","log_type":"move","log_action":"move","log_params":{"target":"Modul:Entwurf","noredir":"0"}}
        """

    @Test func edits() throws {
        let change = try #require(StreamedChange(json: Array(Self.edit.utf8)))
        #expect(change.wiki == "dewiki")
        #expect(change.namespace == 828)
        #expect(change.targetNamespace == nil)
        #expect(change.time == Date(timeIntervalSince1970: 1_795_327_801))
        #expect(!change.isCanary)
        #expect(StreamedChange.isWorthReading(Array(Self.edit.utf8)))
    }

    @Test func movesFromElsewhere() throws {
        let change = try #require(StreamedChange(json: Array(Self.moveIn.utf8)))
        #expect(change.namespace == 2)
        #expect(change.targetNamespace == "Modul")
        #expect(StreamedChange.isWorthReading(Array(Self.moveIn.utf8)))
    }

    @Test(arguments: [
        (#"{"wiki":"dewiki","namespace":828,"log_params":[]}"#, 828),
        (#"{"wiki":"dewiki","namespace":828,"log_params":"x"}"#, 828),
        (#"{"wiki":"dewiki","namespace":"828"}"#, nil), (#"{"wiki":"dewiki","meta":5}"#, nil),
        (#"{"wiki":"dewiki","namespace":1e400}"#, nil),
    ])
    func otherForms(json: String, namespace: Int?) throws {
        let change = try #require(StreamedChange(json: Array(json.utf8)))
        #expect(change.namespace == namespace)
        #expect(change.targetNamespace == nil)
    }

    @Test(arguments: [
        "", "{}", "[]", "{\"wiki\":\"../x\"}", "{\"wiki\":5}", "null", "{\"wiki\":\"dewiki\"", "\u{FEFF}",
    ])
    func noChanges(json: String) {
        #expect(StreamedChange(json: Array(json.utf8)) == nil)
    }

    @Test func canaries() throws {
        let json = #"{"meta":{"domain":"canary"},"wiki":"dewiki","namespace":828}"#
        #expect(try #require(StreamedChange(json: Array(json.utf8))).isCanary)
    }

    @Test func otherNamespacesAreNotWorthReading() {
        let json = #"{"wiki":"dewiki","namespace":0,"title":"Berlin","log_params":{}}"#
        #expect(!StreamedChange.isWorthReading(Array(json.utf8)))
        #expect(!StreamedChange.isWorthReading([]))
        #expect(!StreamedChange.isWorthReading(Array("82".utf8)))
        #expect(StreamedChange.isWorthReading(Array("8828".utf8)))
    }

    /// Broken forms of good events end nothing.
    @Test func anyBytes() {
        for seed in 0..<500 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var bytes = Array((seed.isMultiple(of: 2) ? Self.edit : Self.moveIn).utf8)
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.removeSubrange(place..<min(place + 9, bytes.count - 1))
                case 2: bytes.insert(contentsOf: Array("[{\"".utf8), at: place)
                default: bytes = Array(bytes.prefix(max(1, place)))
                }
            }
            let change = StreamedChange(json: bytes)
            if let change { #expect(WikiDescription.isDBName(change.wiki), "seed \(seed)") }
        }
    }
}

@Suite struct StreamPositionTests {
    @Test(arguments: [
        (
            #"[{"topic":"eqiad.x","partition":0,"timestamp":1795327801123},{"topic":"codfw.x","partition":0,"offset":-1}]"#,
            #"[{"partition":0,"timestamp":1795327796123,"topic":"eqiad.x"},{"offset":-1,"partition":0,"topic":"codfw.x"}]"#
        ),
        (#"[{"topic":"a","partition":0,"timestamp":3}]"#, #"[{"partition":0,"timestamp":0,"topic":"a"}]"#),
        ("17", "17"), ("", ""), ("[{]", "[{]"), (#"{"topic":"a"}"#, #"{"topic":"a"}"#),
    ])
    func timesAreEarlier(id: String, expected: String) {
        #expect(StreamPosition.rewound(id, by: .seconds(5)) == expected)
    }
}
