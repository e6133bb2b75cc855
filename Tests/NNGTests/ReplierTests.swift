import NNG
import Testing

extension SocketTests {
    @Suite(.timeLimit(.minutes(5)))
    struct ReplierTests {
        @Test func noMoreRequestsAtOnceThanContexts() async throws {
            var options = ReplierOptions()
            options.contexts = 3
            options.maximumContexts = 5
            let working = Counter()
            let handler: Handler = { request in
                working.add(1)
                for _ in 0..<20 { await Task.yield() }
                working.add(-1)
                return request.payload
            }
            var requesterOptions = RequesterOptions()
            requesterOptions.contexts = 16
            try await withPair(.tls, options: options, requesterOptions: requesterOptions, handler: handler) {
                requester,
                _ in
                try await withThrowingTaskGroup { group in
                    for number in 0..<200 { group.addTask { _ = try await requester.ask(number.message) } }
                    try await group.waitForAll()
                }
            }
            #expect(working.highest == 3)
        }

        @Test func parkedRequestsLeaveRoomForOthersUpToTheLimit() async throws {
            var options = ReplierOptions()
            options.contexts = 2
            options.maximumContexts = 10
            let gate = Gate()
            let handler: Handler = { request in
                guard request.payload == [1] else { return request.payload }
                let waited: [UInt8]? =
                    await request.parked {
                        await gate.pass()
                        // One within the other counts once.
                        return await request.parked { [2] }
                    } ?? nil
                return waited ?? [3]
            }
            var requesterOptions = RequesterOptions()
            requesterOptions.contexts = 16
            try await withPair(.tls, options: options, requesterOptions: requesterOptions, handler: handler) {
                requester,
                replier in
                let waiting = (0..<8).map { _ in Task { try await requester.ask([1]) } }
                try await eventually { replier.parkedRequests == 8 }
                // Eight are parked and two contexts are left: no room to park, but to answer.
                #expect(try await requester.ask([1]) == [3])
                for number in 0..<50 { #expect(try await requester.ask(number.message) == number.message) }
                #expect(replier.parkedRequests == 8)
                gate.open()
                for task in waiting { #expect(try await task.value == [2]) }
                #expect(replier.parkedRequests == 0)
                // The contexts opened in between are used again, and the count is right.
                let again = (0..<30).map { _ in Task { try await requester.ask([1]) } }
                for task in again { #expect([[2], [3]].contains(try await task.value)) }
                try await eventually { replier.parkedRequests == 0 }
            }
        }

        @Test func stoppingCancelsTheHandlersAndSendsTheirLastAnswers() async throws {
            let arrived = Counter()
            let handler: Handler = { request in
                arrived.add(1)
                await request.parked { await Gate().pass() }
                return [9]
            }
            let replier = try await Replier.listen(on: Transport.tls.address, tls: Transport.tls.replierFiles)
            let running = Task { try await replier.run(handler) }
            let requester = try await Requester(address: replier.boundAddress, tls: Transport.tls.requesterFiles)
            try await requester.connect(within: .seconds(30))
            let tasks = (0..<4).map { _ in Task { try await requester.ask([1]) } }
            try await eventually { arrived.value == 4 }
            await replier.stop(within: .seconds(30))
            try await running.value
            for task in tasks {
                // What nng has taken for sending it may still drop when it closes.
                do { #expect(try await task.value == [9]) } catch let error as NNGError {
                    #expect(error.code == .connectionReset)
                }
            }
            // Stopped for good: returns at once.
            try await replier.run { $0.payload }
            await requester.close(within: .seconds(5))
        }

        @Test func stoppingDoesNotWaitForAHandlerThatWontEnd() async throws {
            let gate = Gate()
            let arrived = Counter()
            let handler: Handler = { _ in
                arrived.add(1)
                // Deaf to the cancellation of the handler's task.
                await Task { await gate.pass() }.value
                return [9]
            }
            let replier = try await Replier.listen(on: Transport.tls.address, tls: Transport.tls.replierFiles)
            let running = Task { try await replier.run(handler) }
            let requester = try await Requester(address: replier.boundAddress, tls: Transport.tls.requesterFiles)
            try await requester.connect(within: .seconds(30))
            let tasks = (0..<4).map { _ in Task { try await requester.ask([1]) } }
            try await eventually { arrived.value == 4 }
            // Returns although the gate is closed; else the suite's time limit strikes.
            await replier.stop(within: .milliseconds(300))
            for task in tasks {
                let error = try await errorOf { _ = try await task.value }
                #expect(error.code == .connectionReset)
            }
            gate.open()
            try await running.value
            await requester.close(within: .seconds(5))
        }

        @Test func cancellingTheTaskOfRunEndsIt() async throws {
            let replier = try await Replier.listen(on: Transport.inproc.address, tls: nil)
            let running = Task { try await replier.run { $0.payload } }
            running.cancel()
            try await running.value
            await replier.stop(within: .seconds(5))
        }

        @Test func openingAndStoppingManyTimesNeverHangs() async throws {
            for number in 0..<30 {
                try await withPair(.tls) { (requester, _) async throws in
                    let tasks = (0..<8).map { number in Task { try await requester.ask(number.message) } }
                    #expect(try await requester.ask(number.message) == number.message)
                    for task in tasks { _ = try await task.value }
                }
            }
        }

        @Test func peerThatDoesNotReadIsHungUpOn() async throws {
            let problems = Counter()
            var options = ReplierOptions()
            options.answerTimeout = .milliseconds(100)
            options.onProblem = { problem in
                #expect(problem.operation == .answer)
                #expect(problem.code == .timedOut)
                problems.add(1)
            }
            let large = [UInt8](repeating: 5, count: 8 << 20)
            let replier = try await Replier.listen(on: "tcp://127.0.0.1:0", tls: nil, options: options)
            async let running: Void = replier.run { _ in large }
            let port = try #require(replier.boundAddress.split(separator: ":").last.flatMap { UInt16($0) })
            let client = try PlainSocket.connected(to: port)
            // SP greeting of a REQ, then requests of 4 bytes, each with a number of its own.
            try client.write([0, 0x53, 0x50, 0, 0, 0x30, 0, 0])
            for number in UInt8(1)...4 { try client.write([0, 0, 0, 0, 0, 0, 0, 4, 0x80, 0, 0, number]) }
            try await eventually { problems.value >= 1 && replier.connections == 0 }
            let requester = try Requester(address: replier.boundAddress, tls: nil)
            try await requester.connect(within: .seconds(30))
            #expect(try await requester.ask([]) == large)
            await requester.close(within: .seconds(5))
            await replier.stop(within: .seconds(5))
            try await running
        }
    }
}
