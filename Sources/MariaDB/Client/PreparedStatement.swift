import CMariaDB

/// A statement that the server has prepared for one connection. Used only on that connection's thread.
final class PreparedStatement {
    let sql: String
    private let statement: UnsafeMutablePointer<MYSQL_STMT>
    /// Set while rows are being fetched.
    private var columns: ResultColumns?

    /// - Throws: ``MariaDBError``.
    init(_ sql: String, on handle: ClientHandle) throws(MariaDBError) {
        self.sql = sql
        guard let statement = mysql_stmt_init(handle.mysql) else {
            throw MariaDBError(code: 2008, sqlState: "HY001", message: "out of memory", statement: sql)
        }
        self.statement = statement
        var text = sql
        let failed = text.withUTF8 { bytes in
            mysql_stmt_prepare(
                statement,
                UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                UInt(bytes.count)
            )
        }
        // Throwing from here runs `deinit`.
        guard failed == 0 else { throw currentError }
    }

    /// Tells the server to forget the statement, unless the connection was closed before.
    deinit { mysql_stmt_close(statement) }

    /// Sends the statement with one value for each `?`, and waits for the first of its answer.
    /// - Throws: ``MariaDBError``.
    func execute(_ values: [Value]) throws(MariaDBError) {
        try run(Parameters(values), count: values.count, rows: 0)
    }

    /// Sends the statement once for all rows of a slice of the columns.
    /// - Throws: ``MariaDBError``; then no row of the slice took effect.
    func execute(_ columns: [Column], rows: Range<Int>) throws(MariaDBError) {
        try run(Parameters(columns, rows: rows), count: columns.count, rows: rows.count)
    }

    private func run(_ parameters: Parameters, count: Int, rows: Int) throws(MariaDBError) {
        let wanted = Int(mysql_stmt_param_count(statement))
        guard wanted == count else {
            throw .misuse("the statement has \(wanted) parameters and was given \(count)", sql)
        }
        var arraySize = UInt32(rows)
        mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &arraySize)
        defer { withExtendedLifetime(parameters.arena) {} }
        if count > 0, mysql_stmt_bind_param(statement, parameters.binds) != 0 { throw currentError }
        guard mysql_stmt_execute(statement) == 0 else { throw currentError }
    }

    /// What an execution without result changed.
    func outcome(on handle: ClientHandle) -> Outcome {
        Outcome(
            affectedRows: mysql_stmt_affected_rows(statement),
            lastInsertID: mysql_stmt_insert_id(statement),
            warnings: Int(mysql_warning_count(handle.mysql))
        )
    }

    /// Gets ready to fetch the rows of the execution, one by one as they come from the server. False when it has none.
    /// - Throws: ``MariaDBError``.
    func startResult() throws(MariaDBError) -> Bool {
        let count = Int(mysql_stmt_field_count(statement))
        guard count > 0, let fields = mariadb_stmt_fetch_fields(statement) else { return false }
        let columns = ResultColumns(UnsafeBufferPointer(start: fields, count: count))
        guard mysql_stmt_bind_result(statement, columns.binds) == 0 else { throw currentError }
        self.columns = columns
        return true
    }

    /// The next row and the bytes of its variable fields; `nil` after the last.
    /// - Throws: ``MariaDBError``.
    func nextRow() throws(MariaDBError) -> (row: Row, bytes: Int)? {
        guard let columns else { return nil }
        switch mysql_stmt_fetch(statement) {
        case 0, MYSQL_DATA_TRUNCATED:
            guard let row = columns.currentRow(of: statement) else { throw currentError }
            return row
        case MYSQL_NO_DATA:
            endResult()
            return nil
        default:
            throw currentError
        }
    }

    /// Reads at most `limit` rows and forgets them. True when the result is at its end and the connection free again.
    func skipRows(limit: Int) -> Bool {
        for _ in 0...limit {
            switch mysql_stmt_fetch(statement) {
            case 0, MYSQL_DATA_TRUNCATED:
                continue
            case MYSQL_NO_DATA:
                endResult()
                return true
            default:
                return false
            }
        }
        return false
    }

    private func endResult() {
        mysql_stmt_free_result(statement)
        columns = nil
    }

    private var currentError: MariaDBError {
        // An error that comes instead of a row is noted at the connection only.
        if mysql_stmt_errno(statement) == 0, let mysql = statement.pointee.mysql {
            return MariaDBError(of: mysql, statement: sql)
        }
        return MariaDBError(
            code: Int(mysql_stmt_errno(statement)),
            sqlState: String(cString: mysql_stmt_sqlstate(statement)),
            message: String(cString: mysql_stmt_error(statement)),
            statement: sql
        )
    }
}

/// What a statement without result did.
package struct Outcome: Sendable, Equatable {
    /// Rows changed. An upsert counts 1 for a new row, 2 for a changed one, 0 for one that was the same already.
    package internal(set) var affectedRows: UInt64
    /// The first AUTO_INCREMENT value that was given out, 0 for none.
    package internal(set) var lastInsertID: UInt64
    /// How many warnings the server has.
    package internal(set) var warnings: Int
}
