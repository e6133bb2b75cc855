import FoundationEssentials
import MariaDB
import Testing

@testable import Coordinator

@Suite struct AnswerCacheTests {
    private let session = Data([1])
    private let start = Timestamp(microseconds: 1_800_000_000_000_000)

    private func id(_ number: Int) -> Data { Data("request \(number)".utf8) }

    private func isNew(_ cache: inout AnswerCache, _ number: Int, session: Data? = nil, after time: Duration = .zero)
        -> Bool
    {
        switch cache.begin(session: session ?? self.session, request: id(number), at: start.advanced(by: time)) {
        case .new: true
        case .underWay, .answered: false
        }
    }

    private func answered(_ cache: inout AnswerCache, _ number: Int, after time: Duration = .zero) -> [UInt8]? {
        switch cache.begin(session: session, request: id(number), at: start.advanced(by: time)) {
        case .answered(let bytes): bytes
        case .new, .underWay: nil
        }
    }

    private func end(_ cache: inout AnswerCache, _ number: Int, keep: Bool = true, after time: Duration = .zero) {
        cache.end(
            session: session,
            request: id(number),
            answer: [UInt8(number)],
            keep: keep,
            at: start.advanced(by: time)
        )
    }

    @Test func repeatGetsTheSameAnswerForFiveMinutes() {
        var cache = AnswerCache()
        #expect(isNew(&cache, 1))
        end(&cache, 1)
        #expect(answered(&cache, 1, after: .seconds(299)) == [1])
        #expect(isNew(&cache, 1, after: .seconds(300)))
    }

    @Test func requestOfAnotherSessionIsAnother() {
        var cache = AnswerCache()
        #expect(isNew(&cache, 1))
        end(&cache, 1)
        #expect(isNew(&cache, 1, session: Data([2])))
    }

    @Test func answerWithoutEffectIsNotKept() {
        var cache = AnswerCache()
        #expect(isNew(&cache, 1))
        end(&cache, 1, keep: false)
        #expect(isNew(&cache, 1))
    }

    @Test func lastSixtyFourAreKept() {
        var cache = AnswerCache()
        for number in 0..<65 {
            #expect(isNew(&cache, number))
            end(&cache, number)
        }
        for number in 1..<65 { #expect(answered(&cache, number) == [UInt8(number)]) }
        #expect(isNew(&cache, 0))
    }

    @Test func answerThatIsMadeAgainCountsAsOneOfTheLast() {
        var cache = AnswerCache()
        #expect(isNew(&cache, 0))
        end(&cache, 0)
        for number in 1..<64 {
            #expect(isNew(&cache, number, after: .seconds(290)))
            end(&cache, number, after: .seconds(290))
        }
        #expect(isNew(&cache, 0, after: .seconds(300)))
        end(&cache, 0, after: .seconds(300))
        #expect(isNew(&cache, 64, after: .seconds(300)))
        end(&cache, 64, after: .seconds(300))
        #expect(answered(&cache, 0, after: .seconds(300)) == [0])
        #expect(isNew(&cache, 1, after: .seconds(300)))
    }

    @Test func endedSessionIsForgotten() {
        var cache = AnswerCache()
        #expect(isNew(&cache, 1))
        end(&cache, 1)
        cache.forget(session: session)
        #expect(isNew(&cache, 1))
        #expect(!isNew(&cache, 1))
    }

    @Test func repeatUnderWayWaitsForTheSameAnswer() async {
        let box = Box()
        let answers = await withTaskGroup(of: [UInt8].self) { group in
            #expect(await box.begins())
            for _ in 1...3 { group.addTask { await box.join() } }
            while await box.joined < 3 { await Task.yield() }
            await box.end()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == [[7], [7], [7]])
    }

    private actor Box {
        private var cache = AnswerCache()
        private(set) var joined = 0

        func begins() -> Bool {
            if case .new = cache.begin(session: Data(), request: Data(), at: .now) { true } else { false }
        }

        func join() async -> [UInt8] {
            guard case .underWay = cache.begin(session: Data(), request: Data(), at: .now) else { return [] }
            return await withCheckedContinuation { continuation in
                joined += 1
                cache.join(session: Data(), request: Data(), continuation)
            }
        }

        func end() { cache.end(session: Data(), request: Data(), answer: [7], keep: true, at: .now) }
    }
}
