import Catalog
import MariaDB

/// The command `wikis list`.
package enum WikisView {
    /// Lists wikis by name.
    /// - Parameters:
    ///   - family: only its wikis; `nil` for all.
    ///   - includingVanished: whether those that their list names no more are among them.
    /// - Throws: ``Complaint`` for a family that there isn't; what reading and writing throw.
    package static func list(
        _ settings: Settings,
        _ format: OutputFormat,
        family: String?,
        includingVanished: Bool
    ) async throws {
        try await ReadSession.run(settings, format) { session in
            if let family { try await session.checkFamily(family) }
            let table = WikiTable(session.pool)
            let batches = table.list(family: family, includingVanished: includingVanished)
            try await session.listing(columns).write(batches.map { $0.map(row) }, to: session.output)
        }
    }

    static let columns = [
        ListColumn("dbname"), ListColumn("family"), ListColumn("lang"), ListColumn("modules", .right),
        ListColumn("walked_at"), ListColumn("walk_result", for: .programs), ListColumn("notes", for: .people),
        ListColumn("url"), ListColumn("site", for: .programs), ListColumn("is_closed", for: .programs),
        ListColumn("is_private", for: .programs), ListColumn("is_fishbowl", for: .programs),
        ListColumn("module_namespace", for: .programs), ListColumn("source", for: .programs),
        ListColumn("observed_at", for: .programs), ListColumn("vanished_at", for: .programs),
    ]

    static func row(_ wiki: WikiRecord) -> [Cell] {
        [
            .text(wiki.dbname), .text(wiki.family), .text(wiki.lang), .int(UInt64(clamping: wiki.knownModules)),
            .time(wiki.walkedAt), .text(wiki.walkResult?.rawValue), .text(wiki.notes), .text(wiki.url),
            .text(wiki.site), .flag(wiki.isClosed), .flag(wiki.isPrivate), .flag(wiki.isFishbowl),
            wiki.moduleNamespace.map { .text($0) } ?? .null, .text(wiki.source.rawValue), .time(wiki.observedAt),
            .time(wiki.vanishedAt),
        ]
    }
}

extension WikiRecord {
    /// What is unusual about it.
    fileprivate var notes: String? {
        let notes = [
            vanishedAt != nil ? "vanished" : nil, isPrivate ? "private" : nil, isClosed ? "closed" : nil,
            isFishbowl ? "fishbowl" : nil, walkResult == .noNamespace ? "no Scribunto" : nil,
        ].compactMap(\.self)
        return notes.isEmpty ? nil : notes.joined(separator: ", ")
    }
}

extension ReadSession {
    /// Makes sure that the wikis are in the table, private and vanished ones too.
    /// - Throws: ``Complaint`` with the nearest name for the first that isn't.
    func checkWikis(_ names: [String]) async throws {
        guard !names.isEmpty else { return }
        let known = try await WikiTable(pool).names()
        let set = Set(known)
        guard let unknown = names.first(where: { !set.contains($0) }) else { return }
        throw Complaint(Suggestion.unknown("wiki", unknown, in: known, see: "perigee wikis list"))
    }

    /// Makes sure that there are wikis of the family.
    /// - Throws: ``Complaint`` with the nearest name when there are none.
    func checkFamily(_ family: String) async throws {
        let known = try await WikiTable(pool).families()
        guard !known.contains(family) else { return }
        throw Complaint(Suggestion.unknown("family", family, in: known, see: "perigee wikis list"))
    }
}
