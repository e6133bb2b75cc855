import Concurrency
import Foundation
import Protocol
import SwiftProtobuf
import Testing

/// A client that has more than one address.
@Suite(.timeLimit(.minutes(2))) struct SeveralAddressesTests {
    private typealias Script = ScriptedCoordinator.Script
    private let acquire = ScriptedCoordinator.silentAcquire
    private static let grants = ScriptedCoordinator.Answer.body(.grants(WireGrants()))
    private static let willing: Script = { _, _ in grants }

    /// Has the client register with the first one, before the second is there.
    private func begin(_ client: CoordinatorClient, _ coordinators: [ScriptedCoordinator]) async throws {
        coordinators[1].isAway.withLock { $0 = true }
        #expect(try await client.connect(within: .seconds(30)).term == 5)
        coordinators[1].isAway.withLock { $0 = false }
    }

    /// Who is asked, 0 or 1.
    private func talksTo(_ coordinators: [ScriptedCoordinator], _ client: CoordinatorClient) async throws -> Int {
        let before = coordinators.map(\.requests.count)
        _ = try await client.send(acquire, within: .seconds(30))
        return coordinators[0].requests.count > before[0] ? 0 : 1
    }

    @Test func oneThatAnswersIsFoundAndKept() async throws {
        try await ScriptedCoordinator.runTwo(Self.willing, Self.willing) { client, coordinators in
            _ = try await client.connect(within: .seconds(30))
            let found = try await talksTo(coordinators, client)
            for _ in 0..<5 { #expect(try await talksTo(coordinators, client) == found) }
            #expect(coordinators[1 - found].registrations.isEmpty)
        }
    }

    @Test(arguments: [WireRefusal.Code.deposed, .unavailable])
    func requestMovesFromOneThatIsNotTheOneAndKeepsItsID(_ code: WireRefusal.Code) async throws {
        let script: Script = { _, _ in .refusal(code) }
        try await ScriptedCoordinator.runTwo(script, Self.willing) { client, coordinators in
            try await begin(client, coordinators)
            let response = try await client.send(acquire, within: .seconds(60))
            #expect(response.term == 6)
            let second = try #require(coordinators[1].requests.last)
            #expect(coordinators[0].requests.count > 0)
            for first in coordinators[0].requests {
                #expect(first.requestID == second.requestID)
                #expect(first.body == second.body)
            }
            #expect(Set((coordinators[0].registrations + coordinators[1].registrations).map(\.incarnation)).count == 1)
            #expect(coordinators[1].registrations.count == 1)
            #expect(try await talksTo(coordinators, client) == 1)
        }
    }

    @Test func requestMovesFromOneThatSaysNothing() async throws {
        let script: Script = { _, _ in .silence }
        try await ScriptedCoordinator.runTwo(script, Self.willing, tryTime: .seconds(1)) { client, coordinators in
            try await begin(client, coordinators)
            // One that is parked doesn't wait out its time when another request finds out.
            let parked = Task { try await client.send(acquire, within: .seconds(3600), parking: .seconds(3600)) }
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { _ = try await client.send(acquire, within: .seconds(60)) } }
                try await group.waitForAll()
            }
            #expect(try await parked.value.term == 6)
            #expect(try await talksTo(coordinators, client) == 1)
        }
    }

    @Test func onlyALaterTermIsBetterThanOneThatIsUnsure() async throws {
        try await ScriptedCoordinator.runTwo(Self.willing, Self.willing) { client, coordinators in
            try await begin(client, coordinators)
            for coordinator in coordinators { coordinator.isUnsure.withLock { $0 = true } }
            // The first has an earlier term: sooner or later all go to the second, and stay there.
            var latest = 0
            while latest == 0 {
                latest = try await talksTo(coordinators, client)
                try await Task.sleep(for: .milliseconds(20))
            }
            let end = ContinuousClock.now + .seconds(3)
            while ContinuousClock.now < end {
                #expect(try await talksTo(coordinators, client) == 1)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func nobodyThereNamesAllAddresses() async throws {
        let addresses = (0..<2).map { _ in "inproc://\(UUID().uuidString)" }
        let client = try ScriptedCoordinator.client(of: addresses)
        let error = await #expect(throws: CoordinatorError.self) { try await client.connect(within: .seconds(2)) }
        #expect(error?.kind == .unreachable)
        for address in addresses { #expect(error?.description.contains(address) == true) }
        await client.leave(within: .seconds(2))
    }
}
