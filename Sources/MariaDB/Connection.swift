import Concurrency
import Glibc

/// One connection to a server, with a thread of its own on which the client library's blocking calls are made.
///
/// It does one thing at a time. A statement that was sent is not interrupted by cancellation: the library could only cut
/// the connection, and the server would go on with the statement. It is bounded by the time limits of
/// ``ConnectionSettings`` instead; cancellation is seen before each statement and between the batches of a stream.
package actor Connection {
    private enum TransactionState {
        case none
        case open
        /// An error has ended the transaction, or has to: nothing more may run in it, whatever its body does with it.
        case failed(MariaDBError)
    }

    private struct ActiveStream {
        weak var token: StreamToken?
        let statement: PreparedStatement
    }

    /// Rows of an abandoned result up to this number are read and forgotten; with more the connection is given up.
    private static let abandonedRowLimit = 1000
    /// A batch of a stream ends when it has so many bytes, whatever its number of rows.
    private static let batchByteLimit = 4 << 20

    private nonisolated let executor: ThreadExecutor
    private nonisolated let socket: SocketCopy
    private let settings: ConnectionSettings
    private var statements: StatementCache
    private var handle: ClientHandle?
    private var transactionState = TransactionState.none
    private var stream: ActiveStream?
    private var packetLimit = 1 << 20

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ settings: ConnectionSettings) throws {
        self.settings = settings
        executor = try ThreadExecutor(name: "mariadb")
        socket = SocketCopy()
        statements = StatementCache(limit: settings.preparedStatementLimit)
    }

    isolated deinit { close() }

    /// Connects.
    /// - Throws: ``OptionFileError``; ``MariaDBError``; `ThreadStartError`.
    package static func open(_ settings: ConnectionSettings) async throws -> Connection {
        let connection = try Connection(settings)
        try await connection.connect()
        return connection
    }

    private func connect() throws {
        let handle = try ClientHandle()
        try handle.connect(settings)
        self.handle = handle
        socket.keep(handle.duplicateSocket())
        let rows = try rows("SELECT @@max_allowed_packet AS bytes", limit: 1)
        if let row = rows.first { packetLimit = try row.decode("bytes") }
    }

    /// Runs a statement that gives no rows, or whose rows nobody wants. `values` are its `?`, in order.
    /// - Throws: ``MariaDBError``; `CancellationError` when it wasn't sent.
    @discardableResult
    package func execute(_ sql: String, _ values: [Value] = []) throws -> Outcome {
        try perform(sql) { handle in
            let statement = try start(sql, values, on: handle)
            let outcome = statement.outcome(on: handle)
            if try statement.startResult() { try skipRest(of: statement) }
            return outcome
        }
    }

    /// Runs a statement and gives its rows, of which there may be `limit`.
    /// - Throws: ``TooManyRows`` when there are more; ``MariaDBError``; `CancellationError` when it wasn't sent.
    package func rows(_ sql: String, _ values: [Value] = [], limit: Int = 10_000) throws -> [Row] {
        let rows = try perform(sql) { handle -> [Row]? in
            let statement = try start(sql, values, on: handle)
            guard try statement.startResult() else { return [] }
            var rows: [Row] = []
            while let next = try statement.nextRow() {
                guard rows.count < limit else {
                    // That it may have cost the connection is said by what comes next, if anything does.
                    try? skipRest(of: statement)
                    return nil
                }
                rows.append(next.row)
            }
            return rows
        }
        guard let rows else { throw TooManyRows(limit: limit, statement: sql) }
        return rows
    }

    /// The rows of a statement in batches, fetched from the server as they are asked for.
    ///
    /// The statement is sent with the first batch that is asked for. Until the last one was given, or the iterator was
    /// let go, nothing else can run on the connection. The server ends a stream that isn't read for its
    /// `net_write_timeout`, mostly 60 s.
    package nonisolated func stream(_ sql: String, _ values: [Value] = [], batch: Int = 256) -> RowBatches {
        RowBatches(connection: self, sql: sql, values: values, batch: max(1, batch), deadline: nil)
    }

    /// Runs a statement once for each row of `columns`, which are its `?`, in order, and all of one length.
    ///
    /// It goes in packets of up to ``ConnectionSettings/bulkRowLimit`` rows and ``ConnectionSettings/bulkByteLimit``
    /// bytes. When one row can't be taken, nothing is changed. `affectedRows` is the sum, `lastInsertID` the first
    /// packet's.
    /// - Throws: ``MariaDBError``; `CancellationError` before the first packet or between two.
    @discardableResult
    package func executeBulk(_ sql: String, _ columns: [Column]) throws -> Outcome {
        guard let count = columns.first?.count, columns.allSatisfy({ $0.count == count }) else {
            throw MariaDBError.misuse("the columns of a bulk statement must have one length", sql)
        }
        let byteLimit = min(settings.bulkByteLimit, packetLimit - 4096)
        let slices = Array(BulkSlices(columns, rowLimit: settings.bulkRowLimit, byteLimit: byteLimit))
        guard case .none = transactionState, slices.count > 1 else { return try executeSlices(slices, sql, columns) }
        // In pieces, but as a whole.
        try begin()
        do {
            let outcome = try executeSlices(slices, sql, columns)
            try commit()
            return outcome
        } catch {
            rollback()
            throw error
        }
    }

    private func executeSlices(_ slices: [BulkSlices.Element], _ sql: String, _ columns: [Column]) throws -> Outcome {
        var total: Outcome?
        for slice in slices {
            let outcome = try perform(sql) { handle in
                try checkSize(slice.bytes, sql)
                let statement = try statements.statement(sql, on: handle)
                try statement.execute(columns, rows: slice.rows)
                let outcome = statement.outcome(on: handle)
                if try statement.startResult() { try skipRest(of: statement) }
                return outcome
            }
            total?.affectedRows += outcome.affectedRows
            total?.warnings += outcome.warnings
            total = total ?? outcome
        }
        return total ?? Outcome(affectedRows: 0, lastInsertID: 0, warnings: 0)
    }

    /// Runs a statement as text, for those that can't be prepared. Rows are forgotten.
    func executeText(_ sql: String) throws {
        try perform(sql) { handle in try handle.query(sql) }
    }

    /// Closes the connection. What is asked of it afterwards fails with a ``MariaDBError`` of class `reconnect`.
    package func close() {
        // In this order: closing a statement first would read the rest of its result.
        handle = nil
        statements.removeAll()
        stream = nil
        socket.close()
    }

    /// Cuts the connection from outside, so that a statement under way fails at once.
    nonisolated func abort() { socket.shutDown() }

    /// Whether the server still answers.
    package func ping() -> Bool {
        guard let handle else { return false }
        if handle.ping() { return true }
        close()
        return false
    }

    /// Leaves nothing of its last user behind. False when the connection can't be used any more.
    func resetForReuse() -> Bool {
        stream?.token = nil
        try? settleStream("end of use")
        var isOpen = false
        if case .none = transactionState {} else { isOpen = true }
        if isOpen || handle?.isInTransaction == true { rollback() }
        return handle != nil
    }
}

// MARK: - Transactions

extension Connection {
    func begin() throws {
        try perform("START TRANSACTION") { handle in try handle.query("START TRANSACTION") }
        transactionState = .open
    }

    /// - Throws: ``MariaDBError``, with `outcomeUnknown` set when the answer never came.
    func commit() throws {
        let sql = "COMMIT"
        try perform(sql) { handle in
            guard handle.isInTransaction else {
                throw MariaDBError(
                    code: 2014,
                    sqlState: "HY000",
                    message: "one of its statements has ended the transaction; DDL does so",
                    statement: sql
                )
            }
        }
        guard let handle else { throw MariaDBError.closed(sql) }
        do {
            try handle.query(sql)
            transactionState = .none
        } catch {
            var failure = note(error)
            failure.outcomeUnknown = failure.class == .reconnect
            throw failure
        }
    }

    /// Ends the transaction without effect; a connection on which that fails is closed, which has the same effect.
    func rollback() {
        stream?.token = nil
        try? settleStream("ROLLBACK")
        transactionState = .none
        do {
            try handle?.query("ROLLBACK")
        } catch {
            close()
        }
    }
}

// MARK: - Streams

extension Connection {
    func startStream(_ token: StreamToken, _ sql: String, _ values: [Value]) throws {
        try perform(sql) { handle in
            let statement = try start(sql, values, on: handle)
            if try statement.startResult() { stream = ActiveStream(token: token, statement: statement) }
        }
    }

    func nextBatch(_ token: StreamToken, of sql: String, limit: Int) throws -> (rows: [Row], isLast: Bool) {
        try Task.checkCancellation()
        guard let stream else { return ([], true) }
        guard stream.token === token else { throw MariaDBError.misuse("another stream is under way", sql) }
        var rows: [Row] = []
        var bytes = 0
        do {
            while rows.count < limit, bytes < Self.batchByteLimit {
                guard let next = try stream.statement.nextRow() else {
                    self.stream = nil
                    return (rows, true)
                }
                rows.append(next.row)
                bytes += next.bytes
            }
        } catch {
            self.stream = nil
            throw note(error)
        }
        return (rows, false)
    }

    /// Ends a stream whose reader went away.
    private func settleStream(_ sql: String) throws(MariaDBError) {
        guard let stream else { return }
        guard stream.token == nil else {
            throw .misuse("the connection is busy with the rows of \"\(stream.statement.sql)\"", sql)
        }
        self.stream = nil
        do {
            try skipRest(of: stream.statement)
        } catch {
            throw note(error)
        }
    }

    /// Reads the rest of a result, or gives the connection up when that is long.
    private func skipRest(of statement: PreparedStatement) throws(MariaDBError) {
        if statement.skipRows(limit: Self.abandonedRowLimit) { return }
        close()
        var error = MariaDBError.misuse(
            "over \(Self.abandonedRowLimit) rows were left unread, so the connection was given up",
            statement.sql
        )
        if case .open = transactionState { transactionState = .failed(error) }
        if case .none = transactionState { error = .closed(statement.sql) }
        throw error
    }
}

// MARK: - Running statements

extension Connection {
    /// Runs `body` when the connection is free, and draws the conclusions from its error.
    private func perform<Result>(
        _ sql: String,
        _ body: (ClientHandle) throws -> Result
    ) throws -> Result {
        try Task.checkCancellation()
        if case .failed(let error) = transactionState { throw error }
        do {
            try settleStream(sql)
            guard let handle else { throw MariaDBError.closed(sql) }
            return try body(handle)
        } catch let error as MariaDBError {
            throw note(error)
        }
    }

    private func start(
        _ sql: String,
        _ values: [Value],
        on handle: ClientHandle
    ) throws(MariaDBError) -> PreparedStatement {
        try checkSize(values.reduce(0) { $0 + $1.packetBytes }, sql)
        let statement = try statements.statement(sql, on: handle)
        try statement.execute(values)
        return statement
    }

    private func checkSize(_ bytes: Int, _ sql: String) throws(MariaDBError) {
        guard bytes + 1024 < packetLimit else { throw .packetTooLarge(bytes, limit: packetLimit, sql) }
    }

    private func note(_ error: MariaDBError) -> MariaDBError {
        if error.class == .reconnect { close() }
        if case .open = transactionState, error.class == .again || error.class == .reconnect {
            transactionState = .failed(error)
        }
        return error
    }
}
