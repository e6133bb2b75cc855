import NNG
import Testing

extension SocketTests {
    @Suite(.timeLimit(.minutes(5)))
    struct DeadlineTests {
        @Test(arguments: Transport.allCases)
        func lateAnswerIsNeverTakenForAnother(_ transport: Transport) async throws {
            let gate = Gate()
            let handler: Handler = { request in
                if request.payload == [0] { await gate.pass() }
                return request.payload
            }
            var options = RequesterOptions()
            options.contexts = 1
            try await withPair(transport, requesterOptions: options, handler: handler) { (requester, _) async throws in
                let error = try await errorOf { _ = try await requester.request([0], within: .milliseconds(30)) }
                #expect(error == NNGError(.timedOut, .receive, address: requester.address))
                #expect(error.isConnectivity)
                gate.open()
                for number in 1...200 {
                    #expect(try await requester.ask(number.message) == number.message)
                }
            }
        }

        @Test func withoutConnectionARequestTimesOutAndSaysSo() async throws {
            let requester = try Requester(address: "inproc://nobody", tls: nil)
            #expect(!requester.isConnected)
            let error = try await errorOf { _ = try await requester.request([1], within: .milliseconds(20)) }
            #expect(error == NNGError(.timedOut, .send, address: "inproc://nobody"))
            #expect(error.description.contains("no connection"))
            await requester.close(within: .seconds(5))
        }

        @Test(arguments: Transport.allCases)
        func cancellationStormLeavesTheContextsRight(_ transport: Transport) async throws {
            var options = RequesterOptions()
            options.maximumWaiting = 5000
            let handler: Handler = { request in
                for _ in 0..<(request.payload.last ?? 0) % 5 { await Task.yield() }
                return request.payload
            }
            try await withPair(transport, requesterOptions: options, handler: handler) { (requester, _) async throws in
                let cancelled = Counter()
                let answered = Counter()
                for round in 0..<5 {
                    await withTaskGroup { group in
                        for number in (round * 1000)..<(round * 1000 + 1000) {
                            group.addTask {
                                let task = Task { () async throws(NNGError) in
                                    try await requester.request(number.message, within: .seconds(60))
                                }
                                // From at once to about as long as an exchange takes.
                                for _ in 0..<(number % 50) { await Task.yield() }
                                if number % 7 != 0 { task.cancel() }
                                do {
                                    #expect(try await task.value == number.message)
                                    answered.add(1)
                                } catch let error as NNGError {
                                    #expect(error.code == .cancelled)
                                    #expect(number % 7 != 0)
                                    cancelled.add(1)
                                } catch { Issue.record(error) }
                            }
                        }
                    }
                    for number in 0..<20 {
                        #expect(try await requester.ask(number.message) == number.message)
                    }
                }
                #expect(answered.value + cancelled.value == 5000)
                #expect(cancelled.value > 0)
                #expect(answered.value > 0)
            }
        }

        @Test func cancelledCallerDoesNotWaitForTheAnswer() async throws {
            let gate = Gate()
            let arrived = Counter()
            let handler: Handler = { request in
                arrived.add(1)
                await gate.pass()
                return request.payload
            }
            try await withPair(.tls, handler: handler) { (requester, _) async throws in
                let task = Task { try await requester.request([1], within: .seconds(3600)) }
                try await eventually { arrived.value == 1 }
                task.cancel()
                // The gate is still closed: only the cancellation can end it.
                await #expect(throws: NNGError(.cancelled, .receive, address: requester.address)) {
                    try await task.value
                }
                gate.open()
            }
        }

        @Test func closingEndsWhatIsUnderWayAndWhatComes() async throws {
            let gate = Gate()
            let arrived = Counter()
            let handler: Handler = { _ in
                arrived.add(1)
                await gate.pass()
                return []
            }
            try await withPair(.tls, handler: handler) { (requester, _) async throws in
                let tasks = (0..<10).map { _ in Task { try await requester.request([1], within: .seconds(3600)) } }
                try await eventually { arrived.value == 4 }
                await requester.close(within: .seconds(30))
                for task in tasks {
                    let error = try await errorOf { _ = try await task.value }
                    #expect(error.code == .closed)
                }
                let error = try await errorOf { _ = try await requester.request([1], within: .seconds(3600)) }
                #expect(error.code == .closed)
                gate.open()
            }
        }
    }
}
