import Certificates
import Foundation
import NNG
import Testing

extension SocketTests {
    /// What people without a certificate, or with one and bad manners, do to a listener of TLS.
    @Suite(.timeLimit(.minutes(5)))
    struct StrangerTests {
        /// The beginning of the greeting of TLS: a record of 512 bytes, of which few come.
        private static let halfHello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, 1, 2, 3]

        @Test func garbageAndHalfHandshakesLeaveTheListenerWorking() async throws {
            try await withPair(.tls) { requester, replier in
                let port = try #require(replier.boundAddress.split(separator: ":").last.flatMap { UInt16($0) })
                var silent: [PlainSocket] = []
                for round in 0..<60 {
                    let stranger = try PlainSocket.connected(to: port)
                    switch round % 6 {
                    case 0: try stranger.write((0..<3000).map { _ in UInt8.random(in: 0...255) })
                    case 1: try stranger.write(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                    case 2: try stranger.write(Self.halfHello)
                    case 3:
                        try stranger.write(Self.halfHello)
                        stranger.prepareReset()
                    case 4: stranger.prepareReset()
                    default: silent.append(stranger)
                    }
                }
                #expect(try await requester.ask([1]) == [1])
                // With ten that are connected still and say nothing.
                #expect(silent.count == 10)
                for _ in 0..<3 { try await replier.probe(tls: Transport.tls.replierFiles, within: .seconds(60)) }
            }
        }

        @Test func memberThatAnnouncesAGigabyteIsHungUpOn() async throws {
            let certificates = try await Certificates.shared
            try await withPair(.tls) { requester, replier in
                let port = try #require(replier.boundAddress.split(separator: ":").last)
                let client = Process()
                client.executableURL = URL(filePath: "/usr/bin/openssl")
                client.arguments = [
                    "s_client", "-connect", "127.0.0.1:\(port)", "-quiet", "-tls1_2",
                    "-CAfile", certificates.path("good/ca.crt"),
                    "-cert", certificates.path("good/worker1.crt"), "-key", certificates.path("good/worker1.key"),
                ]
                let input = Pipe()
                client.standardInput = input
                client.standardOutput = FileHandle.nullDevice
                client.standardError = FileHandle.nullDevice
                try client.run()
                // The greeting of a REQ socket, and the header of a message of 1 GB.
                try input.fileHandleForWriting.write(contentsOf: [0, 0x53, 0x50, 0, 0, 0x30, 0, 0])
                try await eventually { replier.connections == 2 }
                try input.fileHandleForWriting.write(contentsOf: [0, 0, 0, 0, 0x40, 0, 0, 0])
                try await eventually { !client.isRunning }
                try await eventually { replier.connections == 1 }
                #expect(try await requester.ask([1]) == [1])
                try await replier.probe(tls: Transport.tls.replierFiles, within: .seconds(60))
            }
        }
    }
}
