/// Where a server is, and how a session with it is to be. It holds no credentials: those are only in the option file.
package struct ConnectionSettings: Sendable, Equatable {
    /// How a server is reached.
    package enum Endpoint: Sendable, Equatable {
        /// Over TCP. A certificate is checked against `host`.
        case tcp(host: String, port: UInt16)
        /// Over a socket in the file system.
        case unixSocket(String)
    }

    /// Whether the connection is encrypted.
    package enum TLS: Sendable, Equatable {
        /// Not, unless the option file asks for it.
        case off
        /// If the server can; its certificate isn't checked.
        case preferred
        /// Always: the server's certificate must be signed by the authority in this PEM file and bear its host name.
        case required(authority: String)
    }

    /// User and password are read from its group `[client]`; host, port or socket too where ``endpoint`` is `nil`.
    package var optionFile: OptionFile
    /// Where the server is; `nil` for what the option file says.
    package var endpoint: Endpoint?
    /// The default database; `nil` for none.
    package var database: String?
    /// Whether the connection is encrypted.
    package var tls: TLS
    /// How long to try to connect, in whole seconds (rounded up).
    package var connectTimeout: Duration = .seconds(10)
    /// How long to wait for the next bytes of an answer, in whole seconds (rounded up). This bounds every statement
    /// that the server doesn't answer, so it must be longer than ``statementTimeout``.
    package var readTimeout: Duration = .seconds(90)
    /// How long to wait until the server takes bytes, in whole seconds (rounded up).
    package var writeTimeout: Duration = .seconds(60)
    /// How long the server's host may be silent while it owes an answer, in whole seconds (rounded up): then it has gone, and
    /// the statement fails without waiting for ``readTimeout``. Its kernel answers for a server that computes.
    package var silenceLimit: Duration = .seconds(20)
    /// `max_statement_time` of the session: the server ends a longer statement itself. `nil` leaves the server's own.
    package var statementTimeout: Duration? = .seconds(60)
    /// `innodb_lock_wait_timeout` of the session, in whole seconds: a lock is waited for so long.
    package var lockWaitTimeout: Duration = .seconds(5)
    /// `idle_transaction_timeout` of the session, in whole seconds: a client that stopped in mid-transaction holds its
    /// locks so long.
    package var idleTransactionTimeout: Duration = .seconds(15)
    /// How many prepared statements one connection keeps.
    package var preparedStatementLimit = 64
    /// How many rows of a bulk statement go into one packet, at most.
    package var bulkRowLimit = 1000
    /// How many bytes of a bulk statement go into one packet, at most; also kept below the server's limit.
    package var bulkByteLimit = 4 << 20

    /// Makes settings with the defaults for everything that isn't given.
    package init(
        optionFile: String,
        endpoint: Endpoint? = nil,
        database: String? = nil,
        tls: TLS = .off
    ) {
        self.optionFile = OptionFile(path: optionFile)
        self.endpoint = endpoint
        self.database = database
        self.tls = tls
    }

    /// What is sent right after connecting.
    var sessionStatements: [String] {
        let modes = [
            "STRICT_ALL_TABLES", "STRICT_TRANS_TABLES", "ERROR_FOR_DIVISION_BY_ZERO", "NO_ENGINE_SUBSTITUTION",
            "NO_ZERO_DATE", "NO_ZERO_IN_DATE",
        ]
        var variables = [
            "autocommit = 1",
            "time_zone = '+00:00'",
            "sql_mode = '\(modes.joined(separator: ","))'",
            "innodb_lock_wait_timeout = \(lockWaitTimeout.wholeSeconds)",
            "idle_transaction_timeout = \(idleTransactionTimeout.wholeSeconds)",
        ]
        if let statementTimeout { variables.append("max_statement_time = \(statementTimeout.wholeSeconds)") }
        return [
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "SET SESSION " + variables.joined(separator: ", "),
        ]
    }
}

extension ConnectionSettings.Endpoint {
    /// Host, port and socket as the library wants them.
    var parts: (host: String?, port: UInt16, socket: String?) {
        switch self {
        case .tcp(let host, let port): (host, port, nil)
        case .unixSocket(let path): (nil, 0, path)
        }
    }
}

extension Duration {
    /// Rounded up, at least 1: the library and the server take 0 for "no limit".
    var wholeSeconds: UInt32 {
        let (seconds, attoseconds) = components
        return UInt32(clamping: max(1, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
