/// How much the table `wikis` holds.
enum WikiLimits {
    /// Rows. Wikimedia has about a thousand.
    static let wikis = 50_000
    /// Bytes of each field of a ``WikiEntry``, as the columns have it.
    static let fields: [(name: String, value: @Sendable (WikiEntry) -> String, bytes: Int)] = [
        ("dbname", \.dbname, 64), ("url", \.url, 255), ("site", \.site, 255), ("language", \.lang, 35),
        ("family", \.family, 32),
    ]
}
