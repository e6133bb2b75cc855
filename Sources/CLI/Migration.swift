import Catalog
import Glibc
import MariaDB

/// The command `migrate`.
package enum Migration {
    /// Applies what is missing, and says so.
    /// - Throws: `MigrationError`, `MariaDBError`.
    package static func run(_ settings: Settings, dryRun: Bool, showSQL: Bool) async throws {
        let logger = try settings.logger(label: "migrate")
        let migrator = try Migrator(
            Schema.migrations,
            settings: try settings.connectionSettings(),
            logger: logger
        )
        let pending = dryRun ? try await migrator.plan() : try await migrator.apply()
        let output = try StandardOutput()
        if pending.isEmpty { try await output.write("The schema is at \(Schema.version): nothing to do.\n") }
        for item in pending {
            let verb = dryRun ? "would apply" : "applied"
            try await output.write("\(verb) migration \(item.migration.number): \(item.migration.name)\n")
            if showSQL { try await output.write(item.statements.map { "\($0);\n\n" }.joined()) }
        }
    }
}
