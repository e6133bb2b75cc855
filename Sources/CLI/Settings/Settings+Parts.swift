package import Coordinator
import HTTPFetch
import Jobs
package import Logging
package import MariaDB
import MediaWiki
import NNG
package import Protocol
package import Worker

extension Settings {
    // MARK: The database

    /// How to connect to the database.
    /// - Throws: ``SettingsError``.
    package func connectionSettings() throws -> ConnectionSettings {
        let tls: ConnectionSettings.TLS
        switch try required(.databaseTLS) {
        case "off": tls = .off
        case "preferred": tls = .preferred
        case "required": tls = .required(authority: try required(.databaseAuthority))
        case let other: throw SettingsError("database.tls is \"\(other)\", not off, preferred or required")
        }
        let endpoint: ConnectionSettings.Endpoint?
        if let socket = string(.databaseSocket) {
            endpoint = .unixSocket(socket)
        } else if let host = string(.databaseHost) {
            endpoint = .tcp(host: host, port: UInt16(try integer(.databasePort, in: 1...65_535)))
        } else if origin(.databasePort) != .standard {
            throw SettingsError("database.port is set without database.host (from: \(origin(.databasePort)))")
        } else {
            endpoint = nil
        }
        return ConnectionSettings(
            optionFile: try required(.databaseDefaultsFile),
            endpoint: endpoint,
            database: try required(.databaseName),
            tls: tls
        )
    }

    /// A pool of connections to the database. Nothing is opened yet.
    /// - Throws: ``SettingsError``.
    package func connectionPool(limit: Int, logger: Logger) throws -> ConnectionPool {
        ConnectionPool(settings: try connectionSettings(), limit: limit, logger: logger)
    }

    // MARK: The coordinator

    /// What a coordinator needs.
    /// - Throws: ``SettingsError``; `SecretFileError`.
    package func coordinatorSettings(isStandby: Bool = false) throws -> CoordinatorSettings {
        let address = try address(.coordinatorListen)
        var settings = CoordinatorSettings(
            listen: address,
            tls: try tlsFiles(for: address),
            workerSecrets: try SecretFile.read(try required(.workerSecret)),
            operatorSecrets: try SecretFile.read(try required(.operatorSecret)),
            software: Version.current
        )
        settings.isStandby = isStandby
        settings.quotas = try quotas()
        let heartbeat = try integer(.heartbeat, in: 1...600)
        settings.heartbeat = .seconds(heartbeat)
        settings.dispatch.lease = .seconds(try integer(.lease, in: 3 * heartbeat...86_400))
        settings.dispatch.firstLease = .seconds(try integer(.firstLease, in: 2 * heartbeat...86_400))
        settings.takeover = .seconds(try integer(.takeover, in: 2...86_400))
        settings.dispatch.policy.maximumFailures = UInt32(try integer(.maximumFailures, in: 1...1000))
        settings.dispatch.policy.maximumLosses = UInt32(try integer(.maximumLosses, in: 1...1000))
        settings.following.wait = .seconds(try integer(.changesWait, in: 0...3600))
        settings.following.jobs = try integer(.changesJobs, in: 1...1000)
        settings.errors.wikis = try integer(.sameError, in: 0...100_000)
        for item in RetentionSettings.Item.allCases {
            settings.retention[item] = try integer(.retention(item), in: 0...36_500)
        }
        return settings
    }

    /// A client with the role of operators.
    /// - Throws: ``SettingsError``; `SecretFileError`; `NNGError`.
    package func coordinatorClient(logger: Logger) throws -> CoordinatorClient {
        try client(secret: .operatorSecret, name: nil, kinds: [], slots: 0, connections: 0, logger: logger)
    }

    /// A client that can only say hello, which needs no secret.
    /// - Throws: ``SettingsError``; `NNGError`.
    package func anonymousClient(logger: Logger) throws -> CoordinatorClient {
        try client(secret: nil, name: nil, kinds: [], slots: 0, connections: 0, logger: logger)
    }

    /// A client with the role of workers.
    /// - Throws: ``SettingsError``; `SecretFileError`; `NNGError`.
    package func workerClient(works: [any Work], logger: Logger) throws -> CoordinatorClient {
        try client(
            secret: .workerSecret,
            name: string(.workerName),
            kinds: works.map(\.kind.rawValue),
            slots: try workerSlots(),
            connections: try integer(.workerConnections, in: 1...100),
            logger: logger
        )
    }

    private func client(
        secret: SettingKey?,
        name: String?,
        kinds: [String],
        slots: Int,
        connections: Int,
        logger: Logger
    ) throws -> CoordinatorClient {
        if let name, !Identity.isValidName(name) {
            throw SettingsError("worker.name is \"\(name)\", not 1 to 64 characters of A-Z a-z 0-9 . _ -")
        }
        let addresses = try addresses()
        let secret = try secret.map { try SecretFile.read(try required($0))[0] }
        return try CoordinatorClient(
            addresses: addresses,
            tls: try addresses.compactMap { try tlsFiles(for: $0) }.first,
            identity: Identity(
                name: name,
                incarnation: RandomID.random().bytes,
                software: Version.current,
                schema: UInt32(Version.schema),
                kinds: kinds,
                slots: UInt32(slots),
                databaseConnections: UInt32(connections)
            ),
            secret: secret,
            logger: logger
        )
    }

    /// The limits of resources that a coordinator with these settings keeps to.
    /// - Throws: ``SettingsError``.
    func quotas() throws -> Quotas {
        let perMinute = try integer(.sitePerMinute, in: 0...1_000_000)
        let named: [String: Quota]
        do {
            named = try Quotas.parse(string(.quotas) ?? "")
        } catch {
            throw SettingsError("\(SettingKey.quotas.name): \(error)")
        }
        return Quotas(
            siteInFlight: try integer(.siteInFlight, in: 1...10_000),
            siteRequestsPerMinute: perMinute == 0 ? nil : Double(perMinute),
            named: named
        )
    }

    /// Where coordinators may be reached, in the order in which they are tried.
    func addresses() throws -> [String] {
        try required(.coordinatorAddress).split(separator: ",", omittingEmptySubsequences: false).map { part in
            try checked(part.filter { !$0.isWhitespace }, .coordinatorAddress)
        }
    }

    /// An address in the form that nng takes; what is behind the scheme is nng's matter.
    private func address(_ key: SettingKey) throws -> String { try checked(try required(key), key) }

    private func checked(_ address: String, _ key: SettingKey) throws -> String {
        guard ["tls+tcp://", "tcp://", "ipc://", "inproc://"].contains(where: address.hasPrefix) else {
            throw SettingsError("\(key.name) is \"\(address)\", not of the form tls+tcp://HOST:PORT")
        }
        return address
    }

    /// The files that an address with TLS needs; `nil` for one without.
    func tlsFiles(for address: String) throws -> TLSFiles? {
        guard address.hasPrefix("tls+tcp://") else { return nil }
        return TLSFiles(
            authority: try required(.tlsAuthority),
            certificate: try required(.tlsCertificate),
            key: try required(.tlsKey),
            revocations: string(.tlsRevocations),
            serverName: try required(.tlsServerName)
        )
    }

    // MARK: The worker

    /// Whose requests go to wikis; `nil` for nobody's.
    /// - Throws: ``SettingsError``; `SecretFileError`.
    private func wikiCredentials() throws -> WikiCredentials? {
        switch (string(.tokenFile), string(.botPasswordFile)) {
        case (nil, nil): return nil
        case (let path?, nil):
            let lines = try SecretFile.lines(of: path, hint: "put the access token in it")
            guard lines.count == 1, lines[0].allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw SecretFileError(path: path, problem: "it has to have one line, with the access token")
            }
            return .token(String(decoding: lines[0], as: UTF8.self))
        case (nil, let path?):
            let lines = try SecretFile.lines(of: path, hint: "put name and bot password in it")
            guard lines.count == 2, lines[0].contains(UInt8(ascii: "@")) else {
                throw SecretFileError(
                    path: path,
                    problem: "it has to have two lines: the name, such as User@bot, and the bot password"
                )
            }
            return .botPassword(
                name: String(decoding: lines[0], as: UTF8.self),
                password: String(decoding: lines[1], as: UTF8.self)
            )
        case (_?, _?):
            throw SettingsError("http.token_file and http.bot_password_file are both set: keep one")
        }
    }

    private func workerSlots() throws -> Int { try integer(.workerSlots, in: 1...256) }

    /// What a worker needs.
    /// - Throws: ``SettingsError``.
    package func workerSettings() throws -> WorkerSettings {
        var settings = WorkerSettings(
            slots: try workerSlots(),
            http: HTTPClientSettings(
                userAgent: UserAgent.make(
                    version: Version.current,
                    contact: string(.contact),
                    library: HTTPClient.library
                ),
                certificateAuthorityFile: string(.httpAuthority)
            ),
            hasContact: string(.contact) != nil
        )
        settings.credentials = try wikiCredentials()
        settings.credentialsSite = try required(.credentialsSite).lowercased()
        settings.grace = .seconds(try integer(.workerGrace, in: 1...3600))
        let lag = try integer(.maximumLag, in: 0...3600)
        settings.maximumLag = lag == 0 ? nil : lag
        settings.changesReach = .seconds(try integer(.changesDays, in: 1...365) * 86_400)
        settings.changesOverlap = .seconds(try integer(.changesOverlap, in: 1...1440) * 60)
        settings.scriptPath = string(.scriptPath) ?? ""
        if let file = string(.metaDefaultsFile) {
            settings.metaDatabase = ConnectionSettings(
                optionFile: file,
                endpoint: .tcp(
                    host: try required(.metaHost),
                    port: UInt16(try integer(.metaPort, in: 1...65_535))
                ),
                database: try required(.metaDatabase)
            )
        }
        return settings
    }
}

extension SettingKey {
    /// For how many days what is kept.
    fileprivate static func retention(_ item: RetentionSettings.Item) -> SettingKey {
        switch item {
        case .runs: .retentionRuns
        case .events: .retentionEvents
        case .workers: .retentionWorkers
        case .deletedTexts: .retentionDeletedTexts
        case .deletedPages: .retentionDeletedPages
        case .history: .retentionHistory
        case .sources: .retentionSources
        }
    }
}
