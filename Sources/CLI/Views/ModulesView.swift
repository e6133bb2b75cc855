package import Catalog
import MariaDB

/// The commands `modules list` and `modules export`.
package enum ModulesView {
    /// The columns of a list when nobody says.
    package static let listColumns = [
        "dbname", "page_id", "title", "content_model", "length", "lastrevid", "revised_at",
    ]
    /// The columns of an export when nobody says.
    package static let exportColumns = [
        "dbname", "page_id", "title", "lastrevid", "content_model", "length", "sha1", "license", "license_url",
        "permalink", "history_url",
    ]

    /// Lists modules, by wiki and page id.
    /// - Throws: ``Complaint`` for columns, wikis or a family that there aren't; what reading and writing throw.
    package static func list(
        _ settings: Settings,
        _ format: OutputFormat,
        filter: ModuleFilter,
        columns: [String],
        limit: Int
    ) async throws {
        let listColumns = try columns.map(column)
        try await ReadSession.run(settings, format) { session in
            try await check(filter, session)
            var listing = session.listing(listColumns)
            var left = max(1, limit)
            var more = false
            try await session.output.write(listing.head())
            for try await batch in try ModuleListing(session.pool, filter: filter, columns: columns).batches {
                try await session.output.write(listing.rows(batch.prefix(left).map(row)))
                more = batch.count > left
                left -= min(left, batch.count)
                // Whether there are more is only seen from the row after the last.
                if more { break }
            }
            try await session.output.write(listing.tail(more: more))
        }
    }

    /// Writes all modules, as they come.
    /// - Throws: ``Complaint`` for columns, wikis or a family that there aren't; what reading and writing throw.
    package static func export(
        _ settings: Settings,
        _ format: OutputFormat,
        filter: ModuleFilter,
        columns: [String]
    ) async throws {
        let listColumns = try columns.map(column)
        try await ReadSession.run(settings, format) { session in
            try await check(filter, session)
            let batches = try ModuleListing(session.pool, filter: filter, columns: columns).batches
            try await session.listing(listColumns).write(batches.map { $0.map(row) }, to: session.output)
        }
    }

    private static func check(_ filter: ModuleFilter, _ session: ReadSession) async throws {
        try await session.checkWikis(filter.wikis)
        if let family = filter.family { try await session.checkFamily(family) }
    }

    /// - Throws: ``Complaint`` with the nearest name for one that isn't a column.
    static func column(_ name: String) throws -> ListColumn {
        guard let column = ModuleColumn(rawValue: name) else {
            let known = ModuleColumn.allCases.map(\.rawValue)
            throw Complaint(Suggestion.unknown("column", name, inFew: known), code: Exit.usage)
        }
        switch column {
        case .pageID, .lastRevisionID, .length, .copies: return ListColumn(name, .right)
        default: return ListColumn(name)
        }
    }

    static func row(_ module: ListedModule) -> [Cell] { module.map { Cell($0.field) } }
}

extension Cell {
    /// The same field.
    init(_ field: FieldValue) {
        switch field {
        case .null: self = .null
        case .int(let number): self = .int(number)
        case .text(let bytes): self = .text(bytes)
        case .digest(let bytes): self = .bytes(bytes)
        case .time(let time): self = .time(time)
        case .flag(let flag): self = .flag(flag)
        }
    }
}
