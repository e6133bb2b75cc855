package import Concurrency

/// What is to be done about an error of the database. This is the only place that decides it.
package enum ErrorClass: String, Sendable {
    /// The transaction was a victim of others: run it again at once.
    case again
    /// The connection or the server went away: run the transaction again on a new connection.
    case reconnect
    /// The server can't take it now (too many connections, read-only, disk full): run it again later.
    case wait
    /// The statement was ended by somebody or by its time limit: try a smaller piece.
    case killed
    /// This client may not, or hasn't got, what the statement needs: a password, a right, a table. A person has to act.
    case setup
    /// It will fail again whenever it's tried.
    case permanent
    /// Not known. Not repeated here; whoever schedules the work puts it off and raises an alarm.
    case unknown

    /// The waits between tries of a transaction that failed like this; `nil` when it isn't to be tried again.
    /// The caller's deadline is the only bound of their number.
    package var retryPolicy: RetryPolicy? {
        switch self {
        case .again: RetryPolicy(initialDelay: .milliseconds(10), maximumDelay: .seconds(1))
        case .reconnect: RetryPolicy(initialDelay: .milliseconds(100), maximumDelay: .seconds(5))
        case .wait: RetryPolicy(initialDelay: .milliseconds(500), maximumDelay: .seconds(15))
        case .killed, .setup, .permanent, .unknown: nil
        }
    }

    /// Whether it may go well at another time without a person's doing.
    package var mayPass: Bool {
        switch self {
        case .again, .reconnect, .wait, .killed, .unknown: true
        case .setup, .permanent: false
        }
    }

    /// The class of an error number of server or client library. Numbers: MariaDB's "Error Codes" and `errmsg.h`.
    init(code: Int, sqlState: String) {
        switch code {
        // Lock wait timeout, deadlock, record changed since last read, error during commit.
        case 1020, 1180, 1205, 1213:
            self = .again
        // Server shut down; connection aborted, killed, or its packets broken; the client's own errors about it. 2057:
        // the columns of a prepared statement changed, after which the library can't go on with its result.
        case 1053, 1152, 1158...1161, 1184, 1927, 2000...2006, 2012, 2013, 2026, 2027, 2055, 2057, 4031:
            self = .reconnect
        // Disk full, error from the engine, too many connections, table full, read-only, resource limits of a user.
        case 1021, 1030, 1040, 1114, 1203, 1226, 1290, 1836:
            self = .wait
        // Query interrupted, max_statement_time.
        case 1317, 1969:
            self = .killed
        // Access denied to server, database, table, column or operation; no such database, table or column; host blocked.
        case 1044, 1045, 1049, 1054, 1129, 1130, 1142, 1143, 1146, 1227, 1698:
            self = .setup
        // Can't create table, packet too large, column without default; the library used wrongly.
        case 1005, 1153, 1364, 2014, 2030...2036:
            self = .permanent
        default:
            // Unsupported, cardinality, data, constraint, authorisation, catalog, syntax or access.
            self =
                ["0A", "21", "22", "23", "28", "3D", "42"].contains(String(sqlState.prefix(2))) ? .permanent : .unknown
        }
    }
}
