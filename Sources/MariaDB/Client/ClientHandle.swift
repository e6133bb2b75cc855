import CMariaDB
import Glibc

/// One `MYSQL` handle of the client library. Used only on one connection's thread.
final class ClientHandle {
    let mysql: UnsafeMutablePointer<MYSQL>

    /// The library's own set-up, once for the process, which must not happen on two threads at the same time.
    private static let libraryIsReady = mysql_server_init(0, nil, nil) == 0

    /// - Throws: ``MariaDBError`` when the library can't be set up.
    init() throws(MariaDBError) {
        guard Self.libraryIsReady, let mysql = mysql_init(nil) else {
            throw MariaDBError(code: 2008, sqlState: "HY001", message: "out of memory", statement: "connect")
        }
        self.mysql = mysql
    }

    deinit { mysql_close(mysql) }

    /// Connects, and sets the session as `settings` say.
    /// - Throws: ``MariaDBError``, or ``OptionFileError``.
    func connect(_ settings: ConnectionSettings) throws {
        try settings.optionFile.check()
        setOptions(settings)
        let (host, port, socket) = settings.endpoint?.parts ?? (nil, 0, nil)
        guard mysql_real_connect(mysql, host, nil, nil, settings.database, UInt32(port), socket, 0) != nil else {
            throw error(in: "connect")
        }
        PeerWatch.begin(on: Int32(mysql_get_socket(mysql)), limit: settings.silenceLimit)
        // Again, because the option file may have set them otherwise while connecting.
        set(MYSQL_OPT_LOCAL_INFILE, UInt32(0))
        set(MYSQL_OPT_RECONNECT, my_bool(0))
        guard mysql_set_character_set(mysql, "utf8mb4") == 0 else { throw error(in: "set the character set") }
        if case .required = settings.tls, mysql_get_ssl_cipher(mysql) == nil {
            throw MariaDBError(
                code: 2026,
                sqlState: "HY000",
                message: "TLS is required and the connection came up without it",
                statement: "connect",
                class: .setup
            )
        }
        for statement in settings.sessionStatements { try query(statement) }
    }

    private func setOptions(_ settings: ConnectionSettings) {
        mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, settings.optionFile.path)
        mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, "client")
        mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        set(MYSQL_OPT_LOCAL_INFILE, UInt32(0))
        set(MYSQL_OPT_RECONNECT, my_bool(0))
        set(MYSQL_REPORT_DATA_TRUNCATION, my_bool(1))
        set(MYSQL_OPT_CONNECT_TIMEOUT, settings.connectTimeout.wholeSeconds)
        set(MYSQL_OPT_READ_TIMEOUT, settings.readTimeout.wholeSeconds)
        set(MYSQL_OPT_WRITE_TIMEOUT, settings.writeTimeout.wholeSeconds)
        switch settings.endpoint {
        case .tcp: set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue)
        case .unixSocket: set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_SOCKET.rawValue)
        case nil: break
        }
        switch settings.tls {
        case .off: break
        case .preferred:
            set(MYSQL_OPT_SSL_ENFORCE, my_bool(1))
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool(0))
        case .required(let authority):
            set(MYSQL_OPT_SSL_ENFORCE, my_bool(1))
            mysql_options(mysql, MYSQL_OPT_SSL_CA, authority)
            // With this the library also refuses a server without TLS, before it sends any credentials.
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool(1))
        }
    }

    private func set(_ option: mysql_option, _ value: some BitwiseCopyable) {
        withUnsafePointer(to: value) { _ = mysql_options(mysql, option, $0) }
    }

    /// Runs a statement as text and forgets its rows, if it has any.
    /// - Throws: ``MariaDBError``.
    func query(_ sql: String) throws(MariaDBError) {
        var text = sql
        let failed = text.withUTF8 { bytes in
            mysql_real_query(
                mysql,
                UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                UInt(bytes.count)
            )
        }
        guard failed == 0 else { throw error(in: sql) }
        if let result = mysql_use_result(mysql) {
            while mysql_fetch_row(result) != nil {}
            mysql_free_result(result)
        }
        // A result that ends, or never starts, because of an error looks like an empty one.
        if mysql_errno(mysql) != 0 { throw error(in: sql) }
    }

    /// What the server last said about whether a transaction is open.
    var isInTransaction: Bool { mysql.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0 }

    /// Whether the server still answers.
    func ping() -> Bool { mysql_ping(mysql) == 0 }

    /// The connection's file descriptor, under another number that the caller owns and closes; `nil` when there is none.
    func duplicateSocket() -> Int32? {
        let descriptor = fcntl(Int32(mysql_get_socket(mysql)), F_DUPFD_CLOEXEC, 0)
        return descriptor >= 0 ? descriptor : nil
    }

    private func error(in statement: String) -> MariaDBError { MariaDBError(of: mysql, statement: statement) }
}

extension MariaDBError {
    /// The last error of a connection.
    init(of mysql: UnsafeMutablePointer<MYSQL>, statement: String) {
        self.init(
            code: Int(mysql_errno(mysql)),
            sqlState: String(cString: mysql_sqlstate(mysql)),
            message: String(cString: mysql_error(mysql)),
            statement: statement
        )
    }
}
