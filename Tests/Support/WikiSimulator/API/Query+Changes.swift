extension Query {
    private static let changeFields: Set<String> = [
        "user", "userid", "comment", "parsedcomment", "flags", "timestamp", "title", "ids", "sizes", "redirect",
        "patrolled", "loginfo", "tags", "sha1",
    ]

    /// `list=recentchanges`. Source: ApiQueryRecentChanges.
    mutating func recentchanges() throws(APIFailure) {
        let limit = try changesLimit("rc", "recentchanges")
        for value in unknown("rcprop", Self.changeFields) {
            answer.warnings.append(("recentchanges", "Unrecognized value for parameter \"rcprop\": \(value)"))
        }
        let fields = Set(ask.values("rcprop") ?? ["title", "timestamp", "ids"])
        let types = ask.values("rctype")
        let spaces = namespaces("rcnamespace", module: "recentchanges")
        let oldest = ask.now - ask.retention.recentChanges.components.seconds
        let found = ask.history.changes(of: ask.wiki.index).filter { change in
            change.timestamp >= oldest && spaces?.contains(change.namespace) ?? true
                && types?.contains(Self.rcType(change)) ?? true
        }
        let part = try part(of: found, "rc", limit, number: \.changeID)
        let texts = part.map { entry($0, fields) }
        answer.sections.append(.json("\"recentchanges\":[\(texts.joined(separator: ","))]"))
    }

    /// `list=logevents`. Source: ApiQueryLogEvents.
    mutating func logevents() throws(APIFailure) {
        let limit = try changesLimit("le", "logevents")
        let fields = Set(
            ask.values("leprop") ?? ["ids", "title", "type", "user", "timestamp", "comment", "details"]
        )
        let space = ask.parameters["lenamespace"].flatMap { Int($0) }
        let type = ask.parameters["letype"]
        let action = ask.parameters["leaction"]
        let found = ask.history.changes(of: ask.wiki.index).filter { change in
            let (is_, of) = change.kind.logType
            return change.kind.isLogged && space ?? change.namespace == change.namespace
                && type ?? is_ == is_ && action ?? "\(is_)/\(of)" == "\(is_)/\(of)"
        }
        let part = try part(of: found, "le", limit, number: \.logID)
        let texts = part.map { logEntry($0, fields) }
        answer.sections.append(.json("\"logevents\":[\(texts.joined(separator: ","))]"))
    }

    private mutating func changesLimit(_ prefix: String, _ module: String) throws(APIFailure) -> Int {
        try limit("\(prefix)limit", module: module)
    }

    /// The entries from where the question starts, newest first unless it says otherwise.
    private mutating func part(
        of found: [Change],
        _ prefix: String,
        _ limit: Int,
        number: KeyPath<Change, Int64>
    ) throws(APIFailure) -> [Change] {
        let isNewer = ask.parameters["\(prefix)dir"] == "newer"
        let (start, end) = (try time("\(prefix)start"), try time("\(prefix)end"))
        let (low, high) = isNewer ? (start, end) : (end, start)
        var entries = found.filter { $0.timestamp >= low ?? .min && $0.timestamp <= high ?? .max }
        func isBefore(_ one: (Int64, Int64), _ other: (Int64, Int64)) -> Bool { isNewer ? one < other : one > other }
        entries.sort { isBefore(($0.timestamp, $0[keyPath: number]), ($1.timestamp, $1[keyPath: number])) }
        if let text = ask.parameters["\(prefix)continue"] {
            let parts = text.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].utf8.count == 14, let time = WikiTime.parse(String(parts[0])),
                let id = Int64(parts[1])
            else { throw .badContinue }
            entries = entries.filter { !isBefore(($0.timestamp, $0[keyPath: number]), (time, id)) }
        }
        if entries.count > limit {
            let next = entries[limit]
            answer.continuation += [
                ("\(prefix)continue", "\(WikiTime.compact(next.timestamp))|\(next[keyPath: number])"),
                ("continue", "-||"),
            ]
        }
        return Array(entries.prefix(limit))
    }

    private static func rcType(_ change: Change) -> String { change.kind.isLogged ? "log" : change.kind.rawValue }

    private func entry(_ change: Change, _ fields: Set<String>) -> String {
        var text = "{\"type\":\"\(Self.rcType(change))\""
        if fields.contains("title") { text += title(change) }
        if fields.contains("ids") {
            text +=
                ",\"pageid\":\(change.pageID),\"revid\":\(change.revisionID)"
                + ",\"old_revid\":\(change.kind == .edit ? change.oldRevisionID : 0)"
                + ",\"rcid\":\(change.changeID)"
        }
        if fields.contains("user") { text += ",\"user\":\"Ada\"" }
        if fields.contains("flags") { text += ",\"bot\":false,\"new\":\(change.kind == .new),\"minor\":false" }
        if fields.contains("sizes") { text += ",\"oldlen\":\(change.oldLength),\"newlen\":\(change.newLength)" }
        if fields.contains("timestamp") { text += ",\"timestamp\":\"\(WikiTime.iso(change.timestamp))\"" }
        if fields.contains("comment") { text += ",\"comment\":\"\(change.action.rawValue)\"" }
        if fields.contains("redirect") { text += ",\"redirect\":false" }
        if fields.contains("loginfo"), change.kind.isLogged {
            let (type, action) = change.kind.logType
            text +=
                ",\"logid\":\(change.logID),\"logtype\":\"\(type)\",\"logaction\":\"\(action)\""
                + ",\"logparams\":\(parameters(change))"
        }
        if fields.contains("tags") { text += ",\"tags\":[]" }
        return text + "}"
    }

    private func logEntry(_ change: Change, _ fields: Set<String>) -> String {
        var parts: [String] = []
        let isThere = change.kind != .move && change.kind != .delete
        if fields.contains("ids") { parts.append("\"logid\":\(change.logID)") }
        if fields.contains("title") { parts.append(String(title(change).dropFirst())) }
        if fields.contains("ids") {
            parts.append("\"pageid\":\(isThere ? change.pageID : 0),\"logpage\":\(change.pageID)")
        }
        if fields.contains("details") { parts.append("\"params\":\(parameters(change))") }
        if fields.contains("type") {
            let (type, action) = change.kind.logType
            parts.append("\"type\":\"\(type)\",\"action\":\"\(action)\"")
        }
        if fields.contains("user") { parts.append("\"user\":\"Ada\"") }
        if fields.contains("timestamp") { parts.append("\"timestamp\":\"\(WikiTime.iso(change.timestamp))\"") }
        if fields.contains("comment") { parts.append("\"comment\":\"\(change.action.rawValue)\"") }
        if fields.contains("tags") { parts.append("\"tags\":[]") }
        return "{\(parts.joined(separator: ","))}"
    }

    private func title(_ change: Change) -> String {
        let title = JSONText.string(ask.fullTitle(namespace: change.namespace, change.title))
        return ",\"ns\":\(change.namespace),\"title\":\(title)"
    }

    private func parameters(_ change: Change) -> String {
        let mask = { (bits: Int) in
            "{\"bitmask\":\(bits),\"content\":\(bits & 1 != 0),\"comment\":false,\"user\":false,"
                + "\"restricted\":\(bits & 8 != 0)}"
        }
        return switch change.kind {
        case .move:
            "{\"target_ns\":\(change.targetNamespace),\"target_title\":"
                + JSONText.string(ask.fullTitle(namespace: change.targetNamespace, change.targetTitle))
                + ",\"suppressredirect\":true}"
        case .restore: "{\"count\":{\"revisions\":1,\"files\":0}}"
        case .revision:
            "{\"type\":\"revision\",\"ids\":[\(change.oldRevisionID)],\"old\":\(mask(0)),\"new\":\(mask(9))}"
        case .delete, .edit, .new: "{}"
        }
    }
}
