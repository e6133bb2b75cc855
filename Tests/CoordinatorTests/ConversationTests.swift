import Certificates
import Coordinator
import Foundation
import Jobs
import NNG
import Protocol
import SwiftProtobuf
import Testing

/// Who may say what, and what is said to those who say it wrongly.
@Suite(.timeLimit(.minutes(3))) struct ConversationTests {
    private static let workerBodies: [WireRequest.OneOf_Body] = [
        .acquire(.with { $0.slots = 1 }), .heartbeat(WireHeartbeat()), .complete(WireComplete()), .fail(WireFail()),
        .release(WireRelease()),
    ]
    private static let operatorBodies: [WireRequest.OneOf_Body] = [.startRun(runBody([])), .getStatus(WireGetStatus())]

    @Test func certificatesThatAreReplacedAreUsed() async throws {
        let certificates = try await Certificates.shared
        var installation = try await Installation.make(tls: true)
        installation.settings.intervals.certificates = .milliseconds(20)
        let copies = certificates.path("renewed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
        func replace(by authority: String) throws {
            for (source, copy) in [("ca.crt", "ca.crt"), ("localhost.crt", "own.crt"), ("localhost.key", "own.key")] {
                let path = copies + "/" + copy
                try? FileManager.default.removeItem(atPath: path)
                try FileManager.default.copyItem(atPath: certificates.path("\(authority)/\(source)"), toPath: path)
            }
        }
        try replace(by: "good")
        installation.settings.tls = TLSFiles(
            authority: copies + "/ca.crt",
            certificate: copies + "/own.crt",
            key: copies + "/own.key",
            serverName: "localhost"
        )
        try await installation.run { coordinator in
            _ = try await coordinator.raw().nonce()
            try replace(by: "other")
            let renewed = certificates.files("worker1", signer: "other", trusted: "other")
            try await eventually {
                let requester = try Requester(address: coordinator.address, tls: renewed)
                let isAccepted: Void? = try? await requester.connect(within: .seconds(10))
                await requester.close(within: .seconds(5))
                return isAccepted != nil
            }
        }
    }

    @Test func wholeConversationOverTLS() async throws {
        try await Installation.make(tls: true).run { coordinator in
            #expect(coordinator.address.hasPrefix("tls+tcp://127.0.0.1:"))
            let worker = try coordinator.worker()
            let session = try await worker.client.connect(within: .seconds(30))
            #expect(session.role == .worker)
            #expect(session.lease == .seconds(45))
            #expect(session.firstLease == .seconds(15))
            #expect(session.heartbeat == .seconds(5))
            #expect(session.term == 1)
            let admin = try coordinator.admin()
            #expect(try await admin.start("aawiki").jobsPlanned == 1)
            let lease = try await worker.heardLease()
            #expect(try await worker.complete(lease) == [.accepted])
            await worker.client.leave(within: .seconds(5))
        }
    }

    @Test func messageThatIsTooLargeEndsOnlyItsConnection() async throws {
        try await Installation.make(tls: true).run { coordinator in
            let worker = try coordinator.worker()
            _ = try await worker.client.connect(within: .seconds(30))
            let raw = try coordinator.raw(maximumMessageSize: 16 << 20)
            // nng's own headers have room for 64 bytes more.
            let large = [UInt8](repeating: 0, count: Wire.maximumMessageSize + 65)
            let error = await #expect(throws: NNGError.self) { try await raw.send(large) }
            #expect(error?.code == .connectionReset)
            #expect(try await worker.heartbeat([]).isEmpty)
            // One that is just not too large is read.
            let largest = [UInt8](repeating: 0, count: Wire.maximumMessageSize)
            #expect(try await raw.send(largest).refusalCode == .malformed)
        }
    }

    @Test func eachRoleHasItsMessages() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            let worker = try await raw.session()
            let admin = try await raw.session(Installation.operatorSecret)
            for body in Self.operatorBodies {
                #expect(try await raw.send(body, session: worker).refusalCode == .forbidden)
            }
            for body in Self.workerBodies {
                #expect(try await raw.send(body, session: admin).refusalCode == .forbidden)
                #expect(try await raw.send(body, session: worker).refusalCode == nil)
            }
            for session in [worker, admin] {
                let response = try await raw.send(.bye(WireBye()), session: session)
                #expect(response.body == .farewell(WireFarewell()))
                #expect(
                    try await raw.send(.getStatus(WireGetStatus()), session: session).refusalCode == .unknownSession
                )
            }
        }
    }

    @Test func onlyHelloAndRegisterNeedNoSession() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            for session in [Data(), Data(repeating: 1, count: 32)] {
                for body in Self.workerBodies + Self.operatorBodies + [.bye(WireBye())] {
                    #expect(try await raw.send(body, session: session).refusalCode == .unknownSession)
                }
            }
            let response = try await raw.send(.hello(WireHello()))
            #expect(response.welcome.software == "1.2.3")
            #expect(response.welcome.protocol == Wire.version)
            #expect(response.welcome.nonce.count == Wire.idLength)
            #expect(response.term == 1)
        }
    }

    @Test func registrationsThatAreWrongAreRefused() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            let stranger = Secret("the secret of a stranger".utf8)
            let code = try await raw.register(try await raw.nonce(), secret: stranger).refusalCode
            #expect(code == .wrongSecret)
            let version = try await raw.register(try await raw.nonce()) { $0.protocol = 2 }
            #expect(version.refusalCode == .unsupportedVersion)
            #expect(try await raw.register(Data(repeating: 5, count: 16)).refusalCode == .unknownSession)
            #expect(try await raw.register(try await raw.nonce()) { $0.slots = 257 }.refusalCode == .malformed)
            let nonce = try await raw.nonce()
            #expect(try await raw.register(nonce).refusalCode == nil)
            #expect(try await raw.register(nonce).refusalCode == .unknownSession)
        }
    }

    @Test func registeringAgainReplacesTheSession() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            let incarnation = RandomID.random()
            let first = try await raw.register(try await raw.nonce(), incarnation: incarnation).registered.session
            let second = try await raw.register(try await raw.nonce(), incarnation: incarnation).registered.session
            let heartbeat = WireRequest.OneOf_Body.heartbeat(WireHeartbeat())
            #expect(try await raw.send(heartbeat, session: first).refusalCode == .unknownSession)
            #expect(try await raw.send(heartbeat, session: second).refusalCode == nil)
            #expect(try await coordinator.admin().status().workers.count == 1)
        }
    }

    @Test func garbageIsMalformed() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            let session = try await raw.session()
            for bytes in [[], [0xff], Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0x41, count: 100_000)] {
                let response = try await raw.send(bytes)
                #expect(response.refusalCode == .malformed)
                #expect(response.requestID.isEmpty)
            }
            // A request id of another length.
            let short = WireRequest.with {
                $0.requestID = Data([1, 2, 3])
                $0.hello = WireHello()
            }
            #expect(try await raw.send(short).refusalCode == .malformed)
            #expect(try await raw.send(nil, session: session).refusalCode == .malformed)
            var later: [UInt8] = try Wire.encode(
                WireRequest.with {
                    $0.requestID = Data(RandomID.random().bytes)
                    $0.session = session
                }
            )
            later += [0xe2, 0x03, 0x00]
            #expect(try await raw.send(later).refusalCode == .malformed)
        }
    }

    @Test func numbersOutOfBoundsAreMalformed() async throws {
        try await Installation.make().run { coordinator in
            let raw = try coordinator.raw()
            let session = try await raw.session()
            let shortLease = WireLease.with {
                $0.job = 1
                $0.attempt = 1
                $0.leaseID = Data([1])
            }
            let lease = WireLease.with { $0.leaseID = Data(repeating: 1, count: 16) }
            let many = [WireLease](repeating: lease, count: Wire.maximumLeases + 1)
            let bodies: [WireRequest.OneOf_Body] = [
                .acquire(.with { $0.slots = 0 }), .acquire(.with { $0.slots = 257 }),
                .heartbeat(heartbeatBody([shortLease])), .heartbeat(heartbeatBody(many)),
                .complete(completionBody([shortLease])), .complete(completionBody(many)),
                .fail(.with { $0.failures = [.with { $0.lease = shortLease }] }),
                .release(.with { $0.handbacks = [.with { $0.lease = shortLease }] }),
            ]
            for body in bodies { #expect(try await raw.send(body, session: session).refusalCode == .malformed) }
            #expect(try await raw.send(.heartbeat(heartbeatBody(many.dropLast())), session: session).refusalCode == nil)
        }
    }

    @Test func statusTellsWhatMemoryKnows() async throws {
        try await Installation.make().run { coordinator in
            let admin = try coordinator.admin()
            let worker = try coordinator.worker("w1")
            _ = try await admin.start("aawiki")
            _ = try await worker.lease()
            let waiting = Task { try await coordinator.worker("w2").acquire() }
            try await eventually { try await admin.status().parkedRequests == 1 }
            let status = try await admin.status()
            #expect(status.software == "1.2.3")
            #expect(status.workers.map(\.name) == ["w1", "w2"])
            #expect(status.workers.map(\.leases) == [1, 0])
            #expect(status.workers.map(\.slots) == [4, 4])
            #expect(status.resources.map(\.name) == ["site:test", "wiki:aawiki"])
            #expect(status.resources.map(\.inUse) == [1, 1])
            #expect(status.resources.map(\.limit) == [3, 1])
            waiting.cancel()
        }
    }
}
