/// Makes URLs fit for logs and errors.
enum URLRedaction {
    /// Longer URLs are cut: they carry lists of page ids that tell nothing.
    private static let maximumLength = 400
    private static let secretWords = ["token", "password", "secret", "key", "signature", "auth", "session"]

    /// `url` without user info and fragment, and with `***` for values whose name sounds secret.
    static func redact(_ url: String) -> String {
        var rest = Substring(url)
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        var query: Substring?
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var redacted = withoutUserInfo(rest)
        if let query {
            redacted +=
                "?"
                + query.split(separator: "&", omittingEmptySubsequences: false).map(redactField).joined(separator: "&")
        }
        guard redacted.utf8.count > maximumLength else { return redacted }
        return redacted.prefix(maximumLength) + "..."
    }

    private static func withoutUserInfo(_ url: Substring) -> String {
        let afterScheme = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let authorityEnd = url[afterScheme...].firstIndex(of: "/") ?? url.endIndex
        guard let at = url[afterScheme..<authorityEnd].lastIndex(of: "@") else { return String(url) }
        return String(url[..<afterScheme] + url[url.index(after: at)...])
    }

    private static func redactField(_ field: Substring) -> String {
        guard let equals = field.firstIndex(of: "=") else { return String(field) }
        let name = field[..<equals].lowercased()
        return secretWords.contains { name.contains($0) } ? field[...equals] + "***" : String(field)
    }
}
