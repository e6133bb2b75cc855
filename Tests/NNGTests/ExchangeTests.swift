import NNG
import Testing

extension SocketTests {
    @Suite(.timeLimit(.minutes(5)))
    struct ExchangeTests {
        @Test(arguments: Transport.allCases)
        func manyAtOnceGetTheirOwnAnswers(_ transport: Transport) async throws {
            var options = RequesterOptions()
            options.contexts = 8
            options.maximumWaiting = 2000
            let working = Counter()
            let handler: Handler = { request in
                working.add(1)
                await Task.yield()
                working.add(-1)
                return request.payload + [7]
            }
            try await withPair(transport, requesterOptions: options, handler: handler) { (requester, _) async throws in
                try await withThrowingTaskGroup { group in
                    for number in 0..<2000 {
                        group.addTask {
                            let answer = try await requester.request(number.message, within: .seconds(60))
                            #expect(answer == number.message + [7])
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(working.value == 0)
        }

        @Test(arguments: Transport.allCases)
        func emptyAndLargestMessagesPass(_ transport: Transport) async throws {
            let size = 3 << 20
            var options = ReplierOptions()
            options.maximumMessageSize = size
            var requesterOptions = RequesterOptions()
            requesterOptions.maximumMessageSize = size
            try await withPair(transport, options: options, requesterOptions: requesterOptions) { requester, _ in
                #expect(try await requester.ask([]) == [])
                let large = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                #expect(try await requester.ask(large) == large)
                let error = try await errorOf { _ = try await requester.request(large + [0], within: .seconds(30)) }
                #expect(error == NNGError(.messageTooLarge, .send, address: requester.address))
                #expect(!error.isConnectivity)
                #expect(error.description.contains("maximum message size"))
            }
        }

        @Test func requestTooLargeForThePeerOnlyLosesItsConnection() async throws {
            var options = ReplierOptions()
            options.maximumMessageSize = 1000
            try await withPair(.tls, options: options) { requester, replier in
                let error = try await errorOf {
                    _ = try await requester.request([UInt8](repeating: 1, count: 5000), within: .seconds(30))
                }
                #expect(error == NNGError(.connectionReset, .receive, address: requester.address))
                #expect(error.description.contains("too large"))
                #expect(try await requester.ask([1]) == [1])
                try await replier.probe(tls: Transport.tls.replierFiles, within: .seconds(30))
            }
        }

        @Test func answerTooLargeIsReportedAndReplacedByAnEmptyOne() async throws {
            let problems = Counter()
            var options = ReplierOptions()
            options.maximumMessageSize = 1000
            options.onProblem = { problem in
                #expect(problem.code == .messageTooLarge)
                problems.add(1)
            }
            let handler: Handler = { [UInt8](repeating: 1, count: Int($0.payload[0]) * 1000) }
            try await withPair(.tls, options: options, handler: handler) { (requester, _) async throws in
                #expect(try await requester.ask([1]).count == 1000)
                #expect(try await requester.ask([2]) == [])
            }
            #expect(problems.value == 1)
        }

        @Test func requestTellsWhereItComesFrom() async throws {
            let handler: Handler = { request in
                Array((request.remoteAddress ?? "-").utf8) + [0] + [UInt8(request.pipe > 0 ? 1 : 0)]
            }
            try await withPair(.tls, handler: handler) { (requester, _) async throws in
                let answer = try await requester.request([], within: .seconds(30))
                #expect(String(decoding: answer.dropLast(2), as: UTF8.self).hasPrefix("127.0.0.1:"))
                #expect(answer.last == 1)
            }
        }

        @Test func callersBeyondTheBoundAreTurnedAwayAndOthersWaitInTurn() async throws {
            let gate = Gate()
            let arrived = Counter()
            var options = RequesterOptions()
            options.contexts = 1
            options.maximumWaiting = 2
            let handler: Handler = { request in
                arrived.add(1)
                await gate.pass()
                return request.payload
            }
            try await withPair(.inproc, requesterOptions: options, handler: handler) { (requester, _) async throws in
                try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    group.addTask { try await requester.request([1], within: .seconds(60)) }
                    try await eventually { arrived.value == 1 }
                    let waiting = try await errorOf { _ = try await requester.request([9], within: .milliseconds(20)) }
                    #expect(waiting == NNGError(.timedOut, .wait, address: requester.address))
                    // One that went away has freed its place; of three, two fit.
                    let refused = Counter()
                    for _ in 0..<3 {
                        group.addTask {
                            do throws(NNGError) { return try await requester.request([2], within: .seconds(60)) } catch
                            {
                                #expect(error.code == .tooManyWaiting)
                                #expect(error.isConnectivity)
                                refused.add(1)
                                return []
                            }
                        }
                    }
                    try await eventually { refused.value == 1 }
                    gate.open()
                    let answers = try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
                    #expect(answers.filter { $0 == [2] }.count == 2)
                }
            }
        }
    }
}
