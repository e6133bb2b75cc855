package import MariaDB

/// A row of the table `wikis`.
package struct WikiRecord: Sendable, Equatable {
    /// What the last list said.
    package let entry: WikiEntry
    /// Which kind of list that was.
    package let source: WikiSourceName
    /// When it was made.
    package let observedAt: Timestamp
    /// Since when its list names it no more.
    package let vanishedAt: Timestamp?
    /// The local name of the namespace of modules; `nil` when not known or when there is none.
    package let moduleNamespace: [UInt8]?
    /// When the last complete walk of its modules began.
    package let walkedAt: Timestamp?
    /// How that walk ended.
    package let walkResult: WikiWalkResult?
    /// Until when the changes of its modules are in the tables, by the wiki's clock.
    package let changesUntil: Timestamp?
    /// Under which licence its texts are, as the last walk heard.
    package let license: WikiLicense
    /// How many of its pages of that namespace are known and not deleted.
    package let knownModules: Int

    /// The name of its database.
    package var dbname: String { entry.dbname }
    /// What `/api.php` is appended to.
    package var url: String { entry.url }
    /// The name of the site: the wikis that share one rate limit.
    package var site: String { entry.site }
    /// Its language code.
    package var lang: String { entry.lang }
    /// Its family.
    package var family: String { entry.family }
    /// Whether it takes no edits any more.
    package var isClosed: Bool { entry.isClosed }
    /// Whether only its users can read it.
    package var isPrivate: Bool { entry.isPrivate }
    /// Whether only its users can edit it.
    package var isFishbowl: Bool { entry.isFishbowl }
}

/// How a complete walk of a wiki's modules ended.
package enum WikiWalkResult: String, Sendable {
    /// All pages of the namespace were seen.
    case walked
    /// The wiki has no such namespace.
    case noNamespace = "no_namespace"
}

extension WikiEntry {
    /// The columns that ``init(_:)`` reads.
    static let columns = "dbname, url, site, lang, family, is_closed, is_private, is_fishbowl"

    init(_ row: Row) throws {
        self.init(
            dbname: try row.decode("dbname"),
            url: try row.decode("url"),
            site: try row.decode("site"),
            lang: try row.decode("lang"),
            family: try row.decode("family"),
            isClosed: try row.decode("is_closed"),
            isPrivate: try row.decode("is_private"),
            isFishbowl: try row.decode("is_fishbowl")
        )
    }
}

extension WikiRecord {
    /// What ``init(_:)`` reads, up to where conditions go.
    static let select = """
        SELECT \(WikiEntry.columns), source, observed_at, vanished_at, module_namespace, walked_at, walk_result,
            changes_until,
            license, license_url,
            (SELECT COUNT(*) FROM modules WHERE modules.dbname = wikis.dbname AND deleted_at IS NULL) AS known_modules
        FROM wikis
        """

    init(_ row: Row) throws {
        entry = try WikiEntry(row)
        source = try row.decodeName("source")
        observedAt = try row.decode("observed_at")
        vanishedAt = try row.decode("vanished_at")
        moduleNamespace = try row.decode("module_namespace")
        walkedAt = try row.decode("walked_at")
        walkResult = try row.decode("walk_result", as: String?.self) == nil ? nil : row.decodeName("walk_result")
        changesUntil = try row.decode("changes_until")
        license = WikiLicense(name: try row.decode("license"), url: try row.decode("license_url"))
        knownModules = try row.decode("known_modules")
    }
}

extension Row {
    /// A field that holds one of the names of an enumeration.
    func decodeName<Name: RawRepresentable<String>>(_ column: String) throws -> Name {
        let text: String = try decode(column)
        guard let name = Name(rawValue: text) else { throw UnknownName(column: column, name: text) }
        return name
    }
}

/// A field holds a name that this binary doesn't know.
struct UnknownName: Error, Sendable, Equatable, CustomStringConvertible {
    let column: String
    let name: String

    var description: String {
        "column \(column) holds \"\(name)\", which this version doesn't know: install a newer one"
    }
}
