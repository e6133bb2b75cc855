import FoundationEssentials
import Glibc
package import MariaDB

/// A server on a host of its own, as far as the network goes: in a network namespace, at the other end of a pair of virtual
/// interfaces. The namespace ends with the server, and the interfaces with it.
extension PrivateMariaDB {
    /// Said of tests that are skipped because of ``hasOwnHosts``.
    package static let ownHostHint = """
        it takes a network namespace and a veth pair, which only root may make, with unshare, nsenter and ip
        """

    /// Whether there can be one here.
    package static let hasOwnHosts: Bool = {
        guard let directory = try? makeTemporaryDirectory("namespace") else { return false }
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let attempt = ["unshare", "--net", "ip", "link", "add", "one", "type", "veth", "peer", "name", "two"]
        return (try? run(attempt, in: directory)) != nil
    }()

    /// Starts a server on a host of its own.
    package static func startOnOwnHost() async throws -> PrivateMariaDB {
        var options = Options()
        options.launcher = ["unshare", "--net"]
        options.arguments = ["--bind-address=0.0.0.0"]
        let server = try await start(options)
        try await server.connectHost()
        return server
    }

    /// A new, empty database: settings for it, over the network between the hosts.
    package func makeDistantDatabase() async throws -> ConnectionSettings {
        var settings = try await makeDatabase()
        settings.endpoint = .tcp(host: address(2), port: port)
        return settings
    }

    /// What the server's host sends is lost from now on, and nobody is told: neither with a reset nor by an interface that is
    /// down.
    package func vanish() throws { try onHost(["ip", "route", "add", "blackhole", "\(address(1))/32"]) }

    /// The server's host is there again.
    package func reappear() throws { try onHost(["ip", "route", "delete", "blackhole", "\(address(1))/32"]) }

    private func connectHost() throws {
        guard let process else { throw PrivateMariaDBError(description: "the server wasn't started") }
        let (here, there) = ("perigee\(port)", "perigee\(port)s")
        try run(
            ["ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", "\(process)"],
            in: directory
        )
        try run(["ip", "address", "add", "\(address(1))/30", "dev", here], in: directory)
        try run(["ip", "link", "set", here, "up"], in: directory)
        try onHost(["ip", "address", "add", "\(address(2))/30", "dev", there])
        try onHost(["ip", "link", "set", there, "up"])
    }

    private func onHost(_ command: [String]) throws {
        guard let process else { throw PrivateMariaDBError(description: "the server wasn't started") }
        try run(["nsenter", "--net=/proc/\(process)/ns/net"] + command, in: directory)
    }

    /// One of the two addresses between the hosts. Of 198.18.0.0/15, which is for tests (RFC 2544), four belong to each port.
    private nonisolated func address(_ number: UInt16) -> String {
        "198.\(18 + port >> 14).\(port >> 6 & 255).\((port & 63) * 4 + number)"
    }
}
