/// Answers `action=query`.
///
/// Source: MediaWiki 1.39, ApiQuery and the modules named below; the shapes are compared with a real farm by a test.
struct Query {
    let ask: Ask
    var answer = QueryAnswer()

    init(_ ask: Ask) { self.ask = ask }

    private static let lists: Set<String> = ["recentchanges", "logevents", "allpages"]
    private static let metas: Set<String> = ["siteinfo", "userinfo", "tokens"]

    /// Answers the whole question.
    /// - Throws: ``APIFailure``.
    mutating func run() throws(APIFailure) -> QueryAnswer {
        try checkContinue()
        let lists = known("list", Self.lists)
        let metas = known("meta", Self.metas)
        try pages()
        if metas.contains("siteinfo") { siteinfo() }
        if metas.contains("userinfo") { userinfo() }
        if metas.contains("tokens") { tokens() }
        if lists.contains("recentchanges") { try recentchanges() }
        if lists.contains("logevents") { try logevents() }
        return answer
    }

    /// The values of a parameter that are known; each other one is a warning.
    func unknown(_ name: String, _ values: Set<String>) -> [String] {
        (ask.values(name) ?? []).filter { !values.contains($0) }
    }

    private mutating func known(_ name: String, _ values: Set<String>) -> [String] {
        for value in unknown(name, values) {
            answer.warnings.append(("query", "Unrecognized value for parameter \"\(name)\": \(value)"))
        }
        return (ask.values(name) ?? []).filter(values.contains)
    }

    private func checkContinue() throws(APIFailure) {
        guard let text = ask.parameters["continue"] else { return }
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty else { throw .badContinue }
    }

    /// The number that a limit parameter asks for, at most `most`.
    mutating func limit(_ parameter: String, module: String, fallback: Int = 10) throws(APIFailure) -> Int {
        guard let text = ask.parameters[parameter] else { return fallback }
        if text == "max" {
            answer.limits.append((module, ask.listLimit))
            return ask.listLimit
        }
        guard let number = Int(text) else { throw .badInteger(parameter, text) }
        guard (1...ask.listLimit).contains(number) else {
            answer.warnings.append(
                (
                    module,
                    "The value \"\(text)\" for parameter \"\(parameter)\" must be between 1 and \(ask.listLimit)."
                )
            )
            return min(max(number, 1), ask.listLimit)
        }
        return number
    }

    /// A namespace parameter with several values; `nil` for all.
    mutating func namespaces(_ parameter: String, module: String) -> Set<Int>? {
        guard let values = ask.values(parameter), values != ["*"] else { return nil }
        for value in values where Int(value) == nil {
            answer.warnings.append((module, "Unrecognized value for parameter \"\(parameter)\": \(value)"))
        }
        return Set(values.compactMap { Int($0) })
    }

    /// A time parameter, in seconds since 1970.
    func time(_ parameter: String) throws(APIFailure) -> Int64? {
        guard let text = ask.parameters[parameter] else { return nil }
        guard let time = WikiTime.parse(text) else {
            throw APIFailure(
                code: "badtimestamp",
                info: "Invalid value \"\(text)\" for timestamp parameter \"\(parameter)\"."
            )
        }
        return time
    }
}
