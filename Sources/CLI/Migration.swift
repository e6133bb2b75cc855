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
        if pending.isEmpty { Standard.output("The schema is at \(Schema.version): nothing to do.\n") }
        for item in pending {
            let verb = dryRun ? "would apply" : "applied"
            Standard.output("\(verb) migration \(item.migration.number): \(item.migration.name)\n")
            if showSQL { for statement in item.statements { Standard.output("\(statement);\n\n") } }
        }
    }
}
