import Foundation
import NNG
import Protocol
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(2))) struct CoordinatorClientTests {
    private typealias Answer = ScriptedCoordinator.Answer
    private let acquire = ScriptedCoordinator.silentAcquire
    private static let grants = Answer.body(.grants(WireGrants()))

    @Test func registersAndTellsTheSession() async throws {
        try await ScriptedCoordinator.run({ _, _ in Self.grants }) { client, coordinator in
            let session = try await client.connect(within: .seconds(10))
            #expect(session.token == [UInt8](repeating: 1, count: 32))
            #expect(session.role == .worker)
            #expect(session.heartbeat == .seconds(5))
            #expect(session.lease == .seconds(45))
            #expect(session.firstLease == .seconds(15))
            #expect(session.term == 5)
            #expect(coordinator.proofsFit)
            let register = try #require(coordinator.registrations.first)
            #expect(register.name == "tester")
            #expect(register.protocol == Wire.version)
            #expect(register.kinds == ["modules"])
            #expect(register.slots == 3)
            _ = try await client.send(acquire, within: .seconds(10))
            #expect(coordinator.requests.map { Array($0.session) } == [session.token])
            #expect(coordinator.registrations.count == 1)
        }
    }

    @Test func helloNeedsNoSession() async throws {
        try await ScriptedCoordinator.run({ _, _ in Self.grants }) { client, coordinator in
            let (welcome, term) = try await client.hello(within: .seconds(10))
            #expect(welcome.software == "test")
            #expect(term == 5)
            #expect(coordinator.registrations.isEmpty)
        }
    }

    @Test func requestWithoutAnswerIsRepeatedAsItWas() async throws {
        let script: ScriptedCoordinator.Script = { number, _ in number < 2 ? .silence : Self.grants }
        try await ScriptedCoordinator.run(script, tryTime: .milliseconds(500)) { client, coordinator in
            let response = try await client.send(acquire, within: .seconds(60))
            #expect(response.body == .grants(WireGrants()))
            let requests = coordinator.requests
            #expect(requests.count >= 3)
            #expect(requests.allSatisfy { $0 == requests[0] })
            #expect(requests[0].requestID.count == Wire.idLength)
        }
    }

    @Test func eachRequestHasAnIdOfItsOwn() async throws {
        try await ScriptedCoordinator.run({ _, _ in Self.grants }) { client, coordinator in
            for _ in 0..<10 { _ = try await client.send(acquire, within: .seconds(10)) }
            #expect(Set(coordinator.requests.map(\.requestID)).count == 10)
        }
    }

    @Test func forgottenSessionIsMadeAnew() async throws {
        try await ScriptedCoordinator.run({ number, _ in number == 1 ? .refusal(.unknownSession) : Self.grants }) {
            client,
            coordinator in
            _ = try await client.send(acquire, within: .seconds(10))
            _ = try await client.send(acquire, within: .seconds(10))
            let requests = coordinator.requests
            #expect(requests.map { $0.session.first } == [1, 1, 2])
            #expect(requests[1].requestID == requests[2].requestID)
            #expect(requests[1].body == requests[2].body)
            #expect(Set(coordinator.registrations.map(\.incarnation)).count == 1)
        }
    }

    @Test func forgottenSessionIsMadeAnewOnceForAllRequests() async throws {
        let script: ScriptedCoordinator.Script = { _, request in
            request.session.first == 1 ? .refusal(.unknownSession) : Self.grants
        }
        try await ScriptedCoordinator.run(script) { client, coordinator in
            _ = try await client.connect(within: .seconds(10))
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { _ = try await client.send(acquire, within: .seconds(20)) } }
                try await group.waitForAll()
            }
            #expect(coordinator.registrations.count == 2)
        }
    }

    @Test func coordinatorThatKeepsNoSessionIsLeftInPeace() async throws {
        try await ScriptedCoordinator.run({ _, _ in .refusal(.unknownSession) }) { client, coordinator in
            _ = try await client.connect(within: .seconds(60))
            let error = await #expect(throws: CoordinatorError.self) {
                try await client.send(acquire, within: .seconds(3))
            }
            #expect(error?.kind == .refused(.unknownSession))
            // Without pauses it would be thousands.
            #expect(coordinator.registrations.count < 100)
        }
    }

    @Test(arguments: [WireRefusal.Code.overloaded, .unavailable])
    func busyCoordinatorIsAskedAgainNoEarlierThanItSays(_ code: WireRefusal.Code) async throws {
        let script: ScriptedCoordinator.Script = { number, _ in
            number < 2 ? .refusal(code, retryAfter: 700) : Self.grants
        }
        try await ScriptedCoordinator.run(script) { client, coordinator in
            let start = ContinuousClock.now
            _ = try await client.send(acquire, within: .seconds(60))
            #expect(ContinuousClock.now - start >= .milliseconds(1400))
            #expect(coordinator.requests.count == 3)
            #expect(Set(coordinator.requests.map(\.requestID)).count == 1)
            #expect(coordinator.registrations.count == 1)
        }
    }

    @Test(arguments: [
        WireRefusal.Code.malformed, .forbidden, .wrongSecret, .unsupportedVersion, .unknownKind, .unknownWiki,
        .nothingToDo, .deposed,
    ])
    func refusalThatNoRepeatHelpsIsThrown(_ code: WireRefusal.Code) async throws {
        try await ScriptedCoordinator.run({ _, _ in .refusal(code) }) { client, coordinator in
            let error = await #expect(throws: CoordinatorError.self) {
                try await client.send(acquire, within: .seconds(60))
            }
            #expect(error?.kind == .refused(code))
            #expect(error?.description.hasSuffix("refused: for a test") == true)
            #expect(coordinator.requests.count == 1)
        }
    }

    @Test func requestWithoutAnyAnswerEndsAtItsDeadline() async throws {
        try await ScriptedCoordinator.run({ _, _ in .silence }) { client, coordinator in
            _ = try await client.connect(within: .seconds(60))
            let error = await #expect(throws: CoordinatorError.self) {
                try await client.send(acquire, within: .seconds(1))
            }
            #expect(error?.kind == .unreachable)
            #expect(coordinator.requests.count <= 1)
        }
    }

    @Test func answerToAnotherRequestIsDropped() async throws {
        let script: ScriptedCoordinator.Script = { number, _ in
            number == 0 ? .misdirected(.outcomes(WireOutcomes())) : Self.grants
        }
        try await ScriptedCoordinator.run(script) { client, coordinator in
            let response = try await client.send(acquire, within: .seconds(20))
            #expect(response.body == .grants(WireGrants()))
            #expect(Set(coordinator.requests.map(\.requestID)).count == 1)
        }
    }

    @Test(arguments: [[], Array("HTTP/1.1 200 OK\r\n\r\n".utf8), [0x0a, 0x01, 0x00]] as [[UInt8]])
    func somethingElseIsNoCoordinator(_ bytes: [UInt8]) async throws {
        try await ScriptedCoordinator.run({ _, _ in .bytes(bytes) }) { client, _ in
            let error = await #expect(throws: CoordinatorError.self) {
                try await client.send(acquire, within: .seconds(20))
            }
            #expect(error?.kind == .notACoordinator)
        }
    }

    @Test func echoIsNoCoordinator() async throws {
        let replier = try await Replier.listen(on: "inproc://\(UUID().uuidString)", tls: nil)
        async let running: Void = replier.run { $0.payload }
        let client = try ScriptedCoordinator.client(of: replier.boundAddress)
        let error = await #expect(throws: CoordinatorError.self) { try await client.connect(within: .seconds(10)) }
        #expect(error?.kind == .notACoordinator)
        await replier.stop(within: .seconds(5))
        try await running
    }

    @Test func nobodyThereIsUnreachable() async throws {
        let client = try ScriptedCoordinator.client(of: "inproc://\(UUID().uuidString)")
        let error = await #expect(throws: CoordinatorError.self) { try await client.connect(within: .seconds(1)) }
        #expect(error?.kind == .unreachable)
    }

    @Test func cancelledRequestEndsWithoutAnAnswer() async throws {
        try await ScriptedCoordinator.run({ _, _ in .silence }) { client, coordinator in
            let sending = Task { try await client.send(acquire, within: .seconds(3600), parking: .seconds(3600)) }
            while coordinator.requests.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
            #expect(coordinator.requests.count == 1)
        }
    }

    @Test func cancelledCallerDoesNotWaitForTheRegistration() async throws {
        // Nobody listens, so that the handshake goes on for as long as it may.
        let client = try ScriptedCoordinator.client(of: "inproc://\(UUID().uuidString)", tryTime: .seconds(3600))
        let patient = Task { try await client.send(acquire, within: .seconds(3600)) }
        let hasty = Task { try await client.send(acquire, within: .seconds(3600)) }
        hasty.cancel()
        await #expect(throws: CancellationError.self) { try await hasty.value }
        patient.cancel()
        await #expect(throws: CancellationError.self) { try await patient.value }
        await client.leave(within: .seconds(2))
    }
}
