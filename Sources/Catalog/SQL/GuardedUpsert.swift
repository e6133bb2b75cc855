/// The SQL of an upsert by which an older observation changes nothing.
enum GuardedUpsert {
    /// INSERT with ON DUPLICATE KEY UPDATE, with one `?` for each column.
    ///
    /// MariaDB assigns from left to right and sees what it has assigned already, so `observed_at`, which all the others
    /// are compared by, is assigned last.
    /// - Parameters:
    ///   - table: its name.
    ///   - key: columns that find the row.
    ///   - observed: columns that the newest observation decides.
    ///   - firstOnly: columns that only a new row gets.
    ///   - cleared: a column that the observation sets to NULL: what was gone is there again.
    static func sql(
        table: String,
        key: [String],
        observed: [String],
        firstOnly: [String],
        cleared: String
    ) -> String {
        let columns = key + observed + firstOnly + ["observed_at"]
        let isNewer = "VALUES(observed_at) >= observed_at"
        let assignments =
            observed.map { "\($0) = IF(\(isNewer), VALUES(\($0)), \($0))" } + [
                "\(cleared) = IF(\(isNewer), NULL, \(cleared))",
                "observed_at = GREATEST(observed_at, VALUES(observed_at))",
            ]
        return """
            INSERT INTO \(table) (\(columns.joined(separator: ", ")))
            VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
            ON DUPLICATE KEY UPDATE \(assignments.joined(separator: ", "))
            """
    }
}
