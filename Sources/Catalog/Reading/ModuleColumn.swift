import MariaDB

/// What a listing of modules can tell of each.
package enum ModuleColumn: String, Sendable, CaseIterable {
    case dbname
    case pageID = "page_id"
    /// As the wiki stores it: underscores, no namespace.
    case title
    /// With the local name of the namespace, and spaces.
    case fullTitle = "full_title"
    case lastRevisionID = "lastrevid"
    case revisedAt = "revised_at"
    case contentModel = "content_model"
    case length
    case sha1
    case sha256
    case isRedirect = "is_redirect"
    case redirectTarget = "redirect_target"
    case noSourceReason = "no_source_reason"
    case observedAt = "observed_at"
    case deletedAt = "deleted_at"
    /// How many pages of all wikis have the same source now; null for one without source.
    case copies
    /// What the wiki calls the licence of its texts.
    case license
    case licenseURL = "license_url"
    /// Where the page is read.
    case pageURL = "page_url"
    /// Where that very revision is read: it stays when the page is edited or moved.
    case permalink
    /// Where its authors are named.
    case historyURL = "history_url"
    case source

    /// The columns of these names, in their order.
    /// - Throws: ``UnknownColumns``.
    package static func named(_ names: [String]) throws(UnknownColumns) -> [ModuleColumn] {
        let unknown = names.filter { ModuleColumn(rawValue: $0) == nil }
        guard unknown.isEmpty else { throw UnknownColumns(names: unknown) }
        return names.compactMap(ModuleColumn.init)
    }

    /// How it is read, from `modules` as m and `module_sources` as s. The source itself is fetched by its hash.
    var expression: String {
        switch self {
        case .fullTitle, .pageURL: "m.title"
        case .permalink: "m.lastrevid"
        case .historyURL: "m.page_id"
        // The same for all modules of a wiki.
        case .license, .licenseURL: "1"
        case .sha1: "s.sha1"
        case .source: "m.sha256"
        case .copies:
            """
            IF(m.sha256 IS NULL, NULL,
                (SELECT COUNT(*) FROM modules AS c WHERE c.sha256 = m.sha256 AND c.deleted_at IS NULL))
            """
        default: "m.\(rawValue)"
        }
    }

    /// The field of what ``expression`` gave.
    /// - Throws: ``UnreadableField``.
    func field(_ value: Value, of wiki: ListedWiki) throws(UnreadableField) -> FieldValue {
        switch (self, value) {
        case (.license, _): wiki.license.name.map { .text(Array($0.utf8)) } ?? .null
        case (.licenseURL, _): wiki.license.url.map { .text(Array($0.utf8)) } ?? .null
        case (_, .null): .null
        case (.isRedirect, .int(let number)): .flag(number != 0)
        case (.sha1, .bytes(let bytes)), (.sha256, .bytes(let bytes)): .digest(bytes)
        case (.fullTitle, .bytes(let title)):
            .text(wiki.namespace + ":".utf8 + title.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: " ") : $0 })
        case (.pageURL, .bytes(let title)): .text(wiki.address.page(wiki.namespace + ":".utf8 + title))
        case (.permalink, .uint(let revision)): .text(wiki.address.revision(revision))
        case (.historyURL, .uint(let pageID)): .text(wiki.address.history(ofPage: pageID))
        case (_, .bytes(let bytes)): .text(bytes)
        case (_, .uint(let number)): .int(number)
        case (_, .int(let number)) where number >= 0: .int(UInt64(number))
        case (_, .datetime(let time)): .time(time)
        default: throw UnreadableField(column: self)
        }
    }
}

/// A listing was asked for columns that there aren't.
package struct UnknownColumns: Error, Sendable, Equatable, CustomStringConvertible {
    /// The names that were given.
    package let names: [String]
    /// The names that there are.
    package var known: [String] { ModuleColumn.allCases.map(\.rawValue) }

    package var description: String {
        let names = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return "unknown column \(names); there are \(known.joined(separator: ", "))"
    }
}

/// The database gave something else for a column than the schema says.
struct UnreadableField: Error, Sendable, CustomStringConvertible {
    let column: ModuleColumn

    var description: String { "the database has no usable \(column.rawValue): is the schema an older one?" }
}
