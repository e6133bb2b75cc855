package import MariaDB

/// What the result tables hold, without what tells when it was seen and by whom.
package struct ResultTables: Sendable {
    /// Rows by their keys.
    package typealias Rows = [[Value]: [Value]]

    package let wikis: Rows
    package let modules: Rows
    package let sources: Rows
    package let history: Rows

    /// Reads them, of which none may have more than 10,000 rows.
    package init(of fleet: TestFleet) async throws {
        wikis = try await Self.rows(
            "SELECT dbname, wikis.* FROM wikis",
            key: 1,
            without: ["first_seen_at", "observed_at", "walked_at", "changes_until"],
            in: fleet
        )
        modules = try await Self.rows(
            "SELECT dbname, page_id, modules.* FROM modules WHERE deleted_at IS NULL",
            key: 2,
            without: ["first_seen_at", "observed_at", "walk"],
            in: fleet
        )
        sources = try await Self.rows(
            "SELECT sha256, module_sources.* FROM module_sources",
            key: 1,
            without: ["first_seen_at"],
            in: fleet
        )
        history = try await Self.rows(
            "SELECT dbname, page_id, revid, module_history.* FROM module_history",
            key: 3,
            without: ["seen_at", "checked_at", "no_source_reason"],
            in: fleet
        )
    }

    /// - Parameter key: so many columns at the beginning.
    private static func rows(_ sql: String, key: Int, without left: [String], in fleet: TestFleet) async throws -> Rows
    {
        let table = sql.split(separator: " ").first { $0.hasSuffix(".*") }?.dropLast(2) ?? ""
        let names = try await fleet.strings(
            """
            SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
            ORDER BY ordinal_position
            """,
            [.string(String(table))]
        )
        let kept = names.indices.filter { !left.contains(names[$0]) }
        return Dictionary(
            try await fleet.rows(sql).map { row in (Array(row.values.prefix(key)), kept.map { row.values[key + $0] }) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// How these tables, which have seen much, differ from those of a fleet that has only seen how the wikis are now.
    /// - Parameter mayHaveMore: whether they may have revisions that are no longer the newest, and their sources.
    package func differences(from fresh: ResultTables, mayHaveMore: Bool = true) -> [String] {
        var found: [String] = []
        func compare(_ table: String, _ mine: Rows, _ theirs: Rows, mayHaveMore: Bool, maySay: Bool = false) {
            for (key, row) in theirs {
                guard let own = mine[key] else {
                    found.append("\(table) lacks \(Self.text(key))")
                    continue
                }
                // A revision whose text was hidden when it was seen first by the others.
                let isSame = maySay ? zip(own, row).allSatisfy { $0 == $1 || $1 == .null } : own == row
                if !isSame { found.append("\(table), \(Self.text(key)): \(Self.text(own)), not \(Self.text(row))") }
            }
            if mayHaveMore { return }
            for key in mine.keys where theirs[key] == nil { found.append("\(table) has \(Self.text(key)) too much") }
        }
        compare("wikis", wikis, fresh.wikis, mayHaveMore: false)
        compare("modules", modules, fresh.modules, mayHaveMore: false)
        compare("module_sources", sources, fresh.sources, mayHaveMore: mayHaveMore)
        compare("module_history", history, fresh.history, mayHaveMore: mayHaveMore, maySay: true)
        return found
    }

    /// How the history differs from the revisions that the wikis have had, by wiki.
    package func strangers(amongst revisions: [String: Set<String>]) -> [String] {
        history.keys.compactMap { key in
            guard case .bytes(let dbname) = key[0], case .uint(let revision) = key[2] else { return Self.text(key) }
            let known = revisions[String(decoding: dbname, as: UTF8.self)] ?? []
            return known.contains("\(revision)") ? nil : "module_history has \(Self.text(key)), which no wiki had"
        }
    }

    private static func text(_ values: [Value]) -> String {
        values.map { value in
            switch value {
            case .bytes(let bytes): String(validating: bytes.prefix(80), as: UTF8.self) ?? "\(bytes.prefix(32))"
            default: "\(value)"
            }
        }.joined(separator: " ")
    }
}

extension TestFleet {
    /// What is wrong with the tables in itself.
    package func disorders() async throws -> [String] {
        let questions = [
            "sources that aren't what they are called":
                """
            SELECT COUNT(*) FROM module_sources WHERE SHA2(source, 256) <> LOWER(HEX(sha256))
                OR SHA1(source) <> LOWER(HEX(sha1)) OR LENGTH(source) <> length
            """,
            "sources that belong to nothing":
                """
            SELECT COUNT(*) FROM module_sources AS s WHERE NOT EXISTS (SELECT 1 FROM modules WHERE sha256 = s.sha256)
                AND NOT EXISTS (SELECT 1 FROM module_history WHERE sha256 = s.sha256)
            """,
            "modules without the source that they name":
                """
            SELECT COUNT(*) FROM modules LEFT JOIN module_sources AS s USING (sha256)
            WHERE modules.sha256 IS NOT NULL AND s.sha256 IS NULL
            """,
            "revisions without the source that they name":
                """
            SELECT COUNT(*) FROM module_history AS h LEFT JOIN module_sources AS s USING (sha256)
            WHERE h.sha256 IS NOT NULL AND s.sha256 IS NULL
            """,
            "jobs that are leased or waited for": "SELECT COUNT(*) FROM jobs WHERE active = 1 OR lease_id IS NOT NULL",
            "jobs that were not done": "SELECT COUNT(*) FROM jobs WHERE state <> 'done'",
            "runs that were not done": "SELECT COUNT(*) FROM runs WHERE state <> 'done'",
        ]
        var found: [String] = []
        for (what, question) in questions.sorted(by: { $0.key < $1.key }) {
            let count = try await number(question)
            if count != 0 { found.append("\(count) \(what)") }
        }
        return found
    }
}
