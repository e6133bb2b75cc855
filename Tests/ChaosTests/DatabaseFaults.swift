import MariaDB
import PrivateMariaDB
import TCPForwarder
import TestFleet

/// What goes wrong with a database server.
struct DatabaseFaults: Sendable {
    let server: PrivateMariaDB
    /// What all processes of the fleet reach the server through.
    let forwarder: TCPForwarder
    /// What the server's files are on; `nil` where that can't be had.
    let disk: SmallDisk?

    /// How often a server is looked at while something goes wrong.
    private static let interval = Duration.milliseconds(50)

    /// The server with little room: for connections, and in its files, of which all tables share one.
    static func options(on disk: SmallDisk?) -> PrivateMariaDB.Options {
        var options = PrivateMariaDB.Options()
        options.place = disk?.directory
        options.arguments = [
            "--max-connections=24", "--skip-innodb-file-per-table", "--innodb-autoextend-increment=1",
            "--innodb-undo-tablespaces=0",
            // Killed, it has forgotten its last second, as ToolsDB may.
            "--innodb-flush-log-at-trx-commit=0",
        ]
        return options
    }

    /// Has something go wrong for as long as the fault says. The server runs after that, and takes everything.
    /// - Throws: when it came to nothing.
    func inflict(_ fault: Fault) async throws {
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await begin(fault))
        } catch {
            outcome = .failure(error)
        }
        // A full disk may have ended it.
        try await server.revive()
        try outcome.get()
    }

    private func begin(_ fault: Fault) async throws {
        switch fault.kind {
        case .databaseKilled:
            try await server.kill()
            try await Task.sleep(for: fault.hold)
        case .databaseTerminated:
            try await server.stop()
            try await Task.sleep(for: fault.hold)
        case .databaseFrozen:
            try await server.freeze()
            try await Task.sleep(for: fault.hold)
            try await server.thaw()
        case .databaseReadOnly: try await beReadOnly(for: fault.hold)
        case .databaseCrowded: try await takeConnections(for: fault.hold)
        case .databaseFull: try await fillDisk(for: fault.hold)
        case .commitsKilled: try await killCommits(for: fault.hold)
        case .answerLost: try await loseAnswer(for: fault.hold)
        case .workerKilled, .workerFrozen, .workerTerminated, .coordinatorKilled, .coordinatorFrozen,
            .coordinatorTerminated, .coordinatorRivalled:
            break
        }
    }

    private func beReadOnly(for time: Duration) async throws {
        try await administer { connection in
            try await connection.execute("SET GLOBAL read_only = 1")
            try await Task.sleep(for: time)
            try await connection.execute("SET GLOBAL read_only = 0")
        }
    }

    /// Ends the connections of the fleet and takes their places.
    private func takeConnections(for time: Duration) async throws {
        try await administer { administration in
            var held: [Connection] = []
            var holders = Set<UInt64>()
            let settings = ConnectionSettings(
                optionFile: server.optionFilePath,
                endpoint: .unixSocket(server.socketPath)
            )
            try await forAWhile(time) {
                while let connection = try? await Connection.open(settings) {
                    held.append(connection)
                    if let row = try await connection.rows("SELECT CONNECTION_ID()").first {
                        holders.insert(try row.decode(at: 0))
                    }
                }
                for id in try await connections(administration, where: "TRUE") where !holders.contains(id) {
                    try await kill(id, administration)
                }
            }
            for connection in held { await connection.close() }
        }
    }

    /// Fills the disk, and what is free in the server's own file.
    private func fillDisk(for time: Duration) async throws {
        guard let disk else { return }
        defer { disk.empty() }
        try await administer { administration in
            try await administration.execute("CREATE DATABASE IF NOT EXISTS hog")
            try await administration.execute("DROP TABLE IF EXISTS hog.hog")
            try await administration.execute("CREATE TABLE hog.hog (bytes LONGBLOB)")
            try disk.fill()
            for size in [1 << 20, 1 << 14, 1 << 10] {
                while (try? await administration.execute("INSERT INTO hog.hog VALUES (REPEAT('x', \(size)))")) != nil {}
            }
            try await Task.sleep(for: time)
            disk.empty()
            // A server that has ended for want of room is started anew; the next time the table goes first.
            _ = try? await administration.execute("DROP TABLE hog.hog")
        }
    }

    /// Has COMMITs stand still, and kills those who wait in one.
    private func killCommits(for time: Duration) async throws {
        try await administer { administration in
            try await administer { blocking in
                try await blocking.execute("BACKUP STAGE START")
                try await blocking.execute("BACKUP STAGE BLOCK_COMMIT")
                try await forAWhile(time) {
                    for id in try await connections(administration, where: "info = 'COMMIT'") {
                        try await kill(id, administration)
                    }
                }
                try await blocking.execute("BACKUP STAGE END")
            }
        }
    }

    /// Cuts the connection of the next one who commits when the server has done it.
    private func loseAnswer(for time: Duration) async throws {
        forwarder.setFault(.loseAnswerToCommit)
        defer { forwarder.setFault(.none) }
        let end = ContinuousClock.now + time
        while !forwarder.hasNoFault, ContinuousClock.now < end { try await Task.sleep(for: Self.interval) }
    }

    // MARK: How

    /// The connections of everybody but the administration.
    private func connections(_ administration: Connection, where condition: String) async throws -> [UInt64] {
        try await administration.rows(
            "SELECT id FROM information_schema.processlist WHERE user = 'tester' AND \(condition)"
        ).map { try $0.decode("id") }
    }

    private func kill(_ id: UInt64, _ administration: Connection) async throws {
        do {
            try await administration.execute("KILL CONNECTION \(id)")
        } catch let error as MariaDBError where error.code == 1094 {
            // It has gone by itself.
        }
    }

    /// With a connection that has a place where all others are taken.
    private func administer(_ body: (Connection) async throws -> Void) async throws {
        let connection = try await Connection.open(server.administration)
        do {
            // What somebody frozen holds is waited for, but not for a day.
            try await connection.execute("SET SESSION lock_wait_timeout = 20")
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func forAWhile(_ time: Duration, _ body: () async throws -> Void) async throws {
        let end = ContinuousClock.now + time
        repeat {
            try await body()
            try await Task.sleep(for: Self.interval)
        } while ContinuousClock.now < end
    }
}
