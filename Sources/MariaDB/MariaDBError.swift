/// An error that the server or its client library reported.
package struct MariaDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error number: below 2000 and from 3000 on the server's, between them the client library's.
    package let code: Int
    /// Five characters, `HY000` where there is no better one.
    package let sqlState: String
    /// The server's text, in one line. It may quote a value that it can't take, but never a password.
    package let message: String
    /// The start of the statement, as it was written: without the values of its parameters.
    package let statement: String
    /// What is to be done about it.
    package let `class`: ErrorClass
    /// How often the transaction was tried.
    package internal(set) var attempts = 1
    /// True when a COMMIT was sent and its answer never came: the transaction may or may not have taken effect.
    package internal(set) var outcomeUnknown = false

    init(code: Int, sqlState: String, message: String, statement: String, class givenClass: ErrorClass? = nil) {
        self.code = code
        self.sqlState = sqlState
        self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.statement = Self.label(of: statement)
        self.class = givenClass ?? ErrorClass(code: code, sqlState: sqlState)
    }

    package var description: String {
        var text = "database error \(code) (\(sqlState), \(`class`.rawValue)) in \"\(statement)\": \(message)"
        if attempts > 1 { text += "; tried \(attempts) times" }
        if outcomeUnknown { text += "; it isn't known whether the transaction was committed" }
        return text
    }

    /// One line of at most 120 characters that tells which statement it was.
    private static func label(of statement: String) -> String {
        let words = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count <= 120 ? words : words.prefix(117) + "..."
    }
}

extension MariaDBError {
    /// The connection was closed or given up earlier.
    static func closed(_ statement: String) -> MariaDBError {
        MariaDBError(code: 2006, sqlState: "HY000", message: "the connection is closed", statement: statement)
    }

    /// The library was used in a way that it doesn't allow.
    static func misuse(_ message: String, _ statement: String) -> MariaDBError {
        MariaDBError(code: 2014, sqlState: "HY000", message: message, statement: statement)
    }

    /// The server would cut the connection on so large a packet, so it isn't sent.
    static func packetTooLarge(_ bytes: Int, limit: Int, _ statement: String) -> MariaDBError {
        MariaDBError(
            code: 1153,
            sqlState: "08S01",
            message: "\(bytes) bytes of values are more than the server's max_allowed_packet of \(limit)",
            statement: statement
        )
    }

    /// The deadline of a transaction passed between two of its statements.
    static func deadlinePassed(_ statement: String) -> MariaDBError {
        MariaDBError(
            code: 1317,
            sqlState: "70100",
            message: "the deadline of the transaction has passed",
            statement: statement
        )
    }
}
