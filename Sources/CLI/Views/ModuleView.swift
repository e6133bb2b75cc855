package import Catalog
import MariaDB

/// The command `modules show`.
package enum ModuleView {
    /// Shows one module, with the revisions that were seen.
    /// - Parameter sourceOnly: writes the source and nothing else, byte for byte unless a terminal reads it.
    /// - Throws: ``Complaint`` when there is no such module or, with `sourceOnly`, no source; what reading and writing throw.
    package static func show(
        _ settings: Settings,
        _ format: OutputFormat,
        wiki: String,
        name: ModuleDetail.Name,
        sourceOnly: Bool
    ) async throws {
        try await ReadSession.run(settings, format) { session in
            let now = Timestamp.now
            guard let module = try await ModuleDetail.show(wiki, name, from: session.pool) else {
                try await session.checkWikis([wiki])
                throw Complaint(try await unknown(name, of: wiki, session))
            }
            if sourceOnly {
                try await write(sourceOf: module, wiki, session)
            } else {
                try await session.write(document(module, asOf: now))
            }
        }
    }

    static func document(_ module: ModuleDetail, asOf: Timestamp) -> Document {
        Document(
            asOf: asOf,
            fields: module.fields.map { field in
                (
                    ListColumn(field.name, for: field.name == ModuleColumn.source.rawValue ? .programs : .everybody),
                    Cell(field.field)
                )
            },
            lists: [
                Document.List("history", history, of: module.history, whenEmpty: "no revision was seen")
            ]
        )
    }

    private static let history: [Field<SeenRevision>] = [
        Field("revid", .right) { .int($0.revisionID) },
        Field("revised_at") { .time($0.revisedAt) },
        Field("seen_at") { .time($0.seenAt) },
        Field("sha256") { $0.sha256.map { .bytes($0) } ?? .null },
        Field("no_source_reason") { .text($0.reason?.rawValue) },
    ]

    private static func write(sourceOf module: ModuleDetail, _ wiki: String, _ session: ReadSession) async throws {
        guard case .text(let source)? = module.fields.first(where: { $0.name == ModuleColumn.source.rawValue })?.field
        else {
            var reason = ""
            let field = module.fields.first { $0.name == ModuleColumn.noSourceReason.rawValue }?.field
            if case .text(let bytes)? = field { reason = ": \(DisplayText.visible(bytes))" }
            throw Complaint("there is no source of this page\(reason)")
        }
        guard session.style.isTerminal else { return try await session.output.write(source) }
        let newline = UInt8(ascii: "\n")
        for line in source.split(separator: newline, omittingEmptySubsequences: false) {
            // Tabs are what sources are indented with.
            let parts = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            let text = parts.map { DisplayText.visible(Array($0)) }.joined(separator: "\t")
            try await session.output.write(Array(text.utf8) + [newline])
        }
    }

    /// What to say of a module that there isn't, with the title that is nearest.
    private static func unknown(_ name: ModuleDetail.Name, of wiki: String, _ session: ReadSession) async throws
        -> String
    {
        let see = "see: perigee modules list --wikis \(wiki)"
        switch name {
        case .pageID(let id):
            return "there is no page \(id) among the modules of \(wiki); \(see)"
        case .title(let title):
            var filter = ModuleFilter()
            filter.wikis = [wiki]
            let wanted = String(decoding: title, as: UTF8.self)
            var nearest: String?
            for try await batch in try ModuleListing(session.pool, filter: filter, columns: ["title"]).batches {
                let titles = batch.compactMap { module -> String? in
                    guard case .text(let bytes)? = module.first?.field else { return nil }
                    return String(validating: bytes, as: UTF8.self)
                }
                nearest = Suggestion.nearest(to: wanted, in: (nearest.map { [$0] } ?? []) + titles)
            }
            let hint = nearest.map { "did you mean \(DisplayText.visible($0))?" } ?? see
            return "there is no module \"\(DisplayText.visible(title))\" on \(wiki); \(hint)"
        }
    }
}
