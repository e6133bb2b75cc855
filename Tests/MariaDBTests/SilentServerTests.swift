import Glibc
import MariaDB
import PrivateMariaDB
import TCPForwarder
import Testing

/// A server's host that is gone without a word. No other time limit than the one for silence can end these: the tests would
/// run into their own.
@Suite(.timeLimit(.minutes(3))) struct SilentServerTests {
    private func patient(_ settings: ConnectionSettings, silence: Duration) -> ConnectionSettings {
        var settings = settings
        settings.readTimeout = .seconds(3600)
        settings.writeTimeout = .seconds(3600)
        settings.statementTimeout = nil
        settings.silenceLimit = silence
        return settings
    }

    @Test func kernelWatchesTheServer() async throws {
        let server = try await PrivateMariaDB.shared
        let forwarder = try TCPForwarder(to: server.port)
        defer { forwarder.close() }
        var settings = try await server.makeDatabase()
        settings.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port)
        for (limit, interval, milliseconds) in [
            (Duration.seconds(20), Int32(5), Int32(20_000)), (.milliseconds(1500), 1, 2000),
        ] {
            settings.silenceLimit = limit
            let connection = try await Connection.open(settings)
            let sockets = try sockets(to: forwarder.port)
            #expect(!sockets.isEmpty)
            for socket in sockets {
                #expect(option(SOL_SOCKET, SO_KEEPALIVE, of: socket) == 1)
                #expect(option(Int32(IPPROTO_TCP), TCP_KEEPIDLE, of: socket) == interval)
                #expect(option(Int32(IPPROTO_TCP), TCP_KEEPINTVL, of: socket) == interval)
                #expect(option(Int32(IPPROTO_TCP), TCP_KEEPCNT, of: socket) == 3)
                #expect(option(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, of: socket) == milliseconds)
            }
            await connection.close()
        }
    }

    @Test(.enabled(if: PrivateMariaDB.hasOwnHosts, "\(PrivateMariaDB.ownHostHint)"))
    func statementUnderWayFails() async throws {
        let server = try await PrivateMariaDB.startOnOwnHost()
        let connection = try await Connection.open(patient(server.makeDistantDatabase(), silence: .seconds(4)))
        let statement = Task { try await connection.execute("DO SLEEP(3000)") }
        try await waitForStatement("DO SLEEP(3000)", on: server)
        try await server.vanish()
        let error = await #expect(throws: MariaDBError.self) { try await statement.value }
        #expect(error?.class == .reconnect)
        // The server has heard of nothing.
        try await waitForStatement("DO SLEEP(3000)", on: server)
        try await server.reappear()
        try await server.stop()
    }

    @Test(.enabled(if: PrivateMariaDB.hasOwnHosts, "\(PrivateMariaDB.ownHostHint)"))
    func statementThatNobodyReceivesFails() async throws {
        let server = try await PrivateMariaDB.startOnOwnHost()
        let settings = patient(try await server.makeDistantDatabase(), silence: .seconds(4))
        let connection = try await Connection.open(settings)
        try await connection.execute("CREATE TABLE t (text LONGTEXT)")
        try await server.vanish()
        let large = Value.string(String(repeating: "x", count: 1 << 20))
        let error = await #expect(throws: MariaDBError.self) {
            try await connection.execute("INSERT INTO t VALUES (?)", [large])
        }
        #expect(error?.class == .reconnect)
        try await server.reappear()
        let next = try await Connection.open(settings)
        #expect(try await next.rows("SELECT 1 FROM t").isEmpty)
        await next.close()
        try await server.stop()
    }

    @Test(.enabled(if: PrivateMariaDB.hasOwnHosts, "\(PrivateMariaDB.ownHostHint)"))
    func serverThatComputesIsNotCut() async throws {
        let server = try await PrivateMariaDB.startOnOwnHost()
        let connection = try await Connection.open(patient(server.makeDistantDatabase(), silence: .seconds(1)))
        // Several times as long as it may be silent.
        #expect(try await connection.rows("SELECT SLEEP(5)").first?.decode(at: 0) == 0)
        await connection.close()
        try await server.stop()
    }

    private func waitForStatement(_ statement: String, on server: PrivateMariaDB) async throws {
        let administration = try await Connection.open(server.administration)
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info = ?"
        while try await administration.rows(query, [.string(statement)]).first?.decode(at: 0) != 1 {
            try await Task.sleep(for: .milliseconds(20))
        }
        await administration.close()
    }

    /// This process's ends of connections to a loopback port.
    private func sockets(to port: UInt16) throws -> [Int32] {
        (3..<1024).filter { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
            }
            return code == 0 && address.sin_family == AF_INET && address.sin_port == port.bigEndian
        }
    }

    private func option(_ level: Int32, _ name: Int32, of socket: Int32) -> Int32? {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket, level, name, &value, &length) == 0 ? value : nil
    }
}
