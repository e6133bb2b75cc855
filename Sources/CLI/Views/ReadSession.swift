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
        let output = try StandardOutput()
        try await ConnectionPool.with(settings: try settings.connectionSettings(), limit: 1, logger: logger) { pool in
            try await Schema.check(on: pool)
            try await body(
                ReadSession(pool: pool, format: format, output: output, style: .standardOutput, logger: logger)
            )
        }
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
