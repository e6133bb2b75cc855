/// The table `meta_p.wiki` of Wikimedia's replicas, which lists the wikis that are neither private nor deleted.
///
/// Its values are put in by string formatting, so a missing one may be the string `None`. `lang` is `en` where the wiki
/// couldn't be asked when the table was made: it is only a hint.
/// Source: operations/puppet, maintain-meta_p.py.
package enum MetaTable {
    /// The columns that ``description(dbname:language:name:family:url:isClosed:scriptPath:)`` wants, in their order.
    package static let columns = ["dbname", "lang", "name", "family", "url", "is_closed"]

    /// The wiki of one row, from the raw values of its columns; `url` there is the host's root.
    /// - Throws: ``WikiDescriptionError`` when dbname or url are missing or can't be right.
    package static func description(
        dbname: String?,
        language: String?,
        name: String?,
        family: String?,
        url: String?,
        isClosed: Bool,
        scriptPath: String = "/w"
    ) throws(WikiDescriptionError) -> WikiDescription {
        guard let dbname = present(dbname) else { throw WikiDescriptionError(reason: "a row without a dbname") }
        guard let url = present(url) else { throw WikiDescriptionError(reason: "\(dbname) has no url") }
        return try WikiDescription(
            dbname: dbname,
            url: HostRoot.url(url, scriptPath: scriptPath),
            language: present(language) ?? "en",
            family: present(family) ?? "special",
            isClosed: isClosed,
            name: present(name)
        )
    }

    private static func present(_ value: String?) -> String? {
        guard let value, !value.isEmpty, value != "None" else { return nil }
        return value
    }
}

/// The root of a host, as SiteMatrix and `meta_p` name a wiki.
enum HostRoot {
    /// What `/api.php` is appended to on the wiki at `root`, where `scriptPath` is such as `/w`, or empty.
    static func url(_ root: String, scriptPath: String) -> String {
        var root = root.hasPrefix("//") ? "https:" + root : root
        while root.hasSuffix("/") { root.removeLast() }
        return root + scriptPath
    }
}
