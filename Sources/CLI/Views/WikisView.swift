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
            try await session.listing(Field.columns(fields)).write(
                batches.map { $0.map { Field.row(fields, of: $0) } },
                to: session.output
            )
        }
    }

    static let fields: [Field<WikiRecord>] = [
        Field("dbname") { .text($0.dbname) },
        Field("family") { .text($0.family) },
        Field("lang") { .text($0.lang) },
        Field("modules", .right) { .count($0.knownModules) },
        Field("walked_at") { .time($0.walkedAt) },
        Field("changes_until") { .time($0.changesUntil) },
        Field("walk_result", for: .programs) { .text($0.walkResult?.rawValue) },
        Field("notes", for: .people) { .text($0.notes) },
        Field("url") { .text($0.url) },
        Field("site", for: .programs) { .text($0.site) },
        Field("is_closed", for: .programs) { .flag($0.isClosed) },
        Field("is_private", for: .programs) { .flag($0.isPrivate) },
        Field("is_fishbowl", for: .programs) { .flag($0.isFishbowl) },
        Field("module_namespace", for: .programs) { $0.moduleNamespace.map { .text($0) } ?? .null },
        Field("license", for: .programs) { .text($0.license.name) },
        Field("license_url", for: .programs) { .text($0.license.url) },
        Field("source", for: .programs) { .text($0.source.rawValue) },
        Field("observed_at", for: .programs) { .time($0.observedAt) },
        Field("vanished_at", for: .programs) { .time($0.vanishedAt) },
    ]
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
        guard !known.isEmpty, !known.contains(family) else { return }
        throw Complaint(Suggestion.unknown("family", family, in: known, see: "perigee wikis list"))
    }
}
