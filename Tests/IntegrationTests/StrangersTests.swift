import Glibc
import TestFleet
import Testing

/// Strangers at the coordinator's port while a run goes on.
@Suite(.enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(3)))
struct StrangersTests {
    /// Sends bytes to a port of this machine, and gives the descriptor of the connection, which stays open.
    private func send(_ bytes: [UInt8], to port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return descriptor
    }

    @Test func garbageHarmsNobody() async throws {
        let farm = try #require(Farm.given)
        let credentials = try await Credentials.shared
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one")
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            let port = try #require(fleet.address.split(separator: ":").last.flatMap { UInt16($0) })
            var open: [Int32] = []
            defer { for descriptor in open { close(descriptor) } }
            let noise = (0..<4096).map { _ in UInt8.random(in: 0...255) }
            for bytes in [noise, [], Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [0x16, 0x03, 0x01, 0x40, 0x00]] {
                for _ in 0..<8 { open.append(send(bytes, to: port)) }
            }
            // Within TLS, from somebody with a certificate: nng's greeting of a REQ socket, and a message of 1 GiB.
            let header = #"\000SP\000\000\060\000\000\000\000\000\000\100\000\000\000\200\000\000\001"#
            let client = """
                { printf '\(header)'; head -c 100000 /dev/zero; } | timeout 5 openssl s_client -quiet \
                -connect 127.0.0.1:\(port) -servername coordinator -CAfile \(credentials.authority) \
                -cert \(credentials.certificate(of: "operator")) -key \(credentials.key(of: "operator"))
                """
            let giant = try await Output.of(["sh", "-c", client], name: "giant", in: fleet.directory)
            // The coordinator's own greeting: it has read ours.
            #expect(giant.standardOutput.contains("SP"))
            // A proper frame of 64 bytes that are no request.
            let garbage = client.replacing("\\100\\000\\000\\000\\200", with: "\\000\\000\\000\\100\\200")
                .replacing("100000", with: "60")
            let refused = try await Output.of(["sh", "-c", garbage], name: "garbage", in: fleet.directory)
            #expect(refused.standardOutput.contains("these bytes are no request"))

            #expect(try await run.wait(within: .seconds(120)) == .exited(0))
            try await fleet.perigee("health").succeeded()
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            let events = try await fleet.eventCounts()
            for name in ["lost", "unheard", "failed_attempt"] { #expect(events[name] == nil, "\(name)") }
        }
    }
}
