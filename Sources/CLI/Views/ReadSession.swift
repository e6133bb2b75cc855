import Catalog
import Jobs
import Logging
import MariaDB

/// What a command that only reads works with.
struct ReadSession: Sendable {
    let pool: ConnectionPool
    let format: OutputFormat
    let output: StandardOutput
    let style: TerminalStyle
    let logger: Logger

    var reports: JobReports { JobReports(pool) }

    /// Runs `body` with a connection to a database whose schema fits.
    /// - Throws: `SettingsError`, `SchemaError`, what the pool and `body` throw.
    static func run(
        _ settings: Settings,
        _ format: OutputFormat,
        _ body: (ReadSession) async throws -> Void
    ) async throws {
        let logger = try settings.logger(label: "cli")
        let pool = try settings.connectionPool(limit: 1, logger: logger)
        let session = ReadSession(
            pool: pool,
            format: format,
            output: try StandardOutput(),
            style: .standardOutput,
            logger: logger
        )
        do {
            try await Schema.check(on: pool)
            try await body(session)
        } catch {
            await pool.shutdown(within: .seconds(1))
            throw error
        }
        await pool.shutdown(within: .seconds(1))
    }

    /// A listing in the format that was asked for.
    func listing(_ columns: [ListColumn], asOf: Timestamp = .now) -> Listing {
        Listing(columns, format: format, asOf: asOf, style: style)
    }

    /// Writes a document in the format that was asked for.
    func write(_ document: Document) async throws {
        try await output.write(document.written(format, style: style))
    }
}
