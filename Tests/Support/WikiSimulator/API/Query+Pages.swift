extension Query {
    /// The pages that the question is about, with what is asked of them. Source: ApiPageSet, ApiQueryAllPages,
    /// ApiQueryInfo, ApiQueryRevisions, ApiContinuationManager.
    mutating func pages() throws(APIFailure) {
        let props = ask.values("prop") ?? []
        var finished = Set((ask.parameters["continue"] ?? "").split(separator: "|").dropFirst().map(String.init))
        if let text = ask.parameters["continue"], text.hasPrefix("||") {
            finished = Set(text.dropFirst(2).split(separator: "|").map(String.init))
        }
        var next: [UInt8]?
        var entries: [QueryAnswer.PageEntry]
        let isGenerated = ask.parameters["generator"] == "allpages"
        if isGenerated {
            let (pages, behind) = try listed()
            next = behind
            entries = pages.map { QueryAnswer.PageEntry(pageID: $0.pageID, page: $0, hasInfo: false) }
        } else if let ids = ask.values("pageids") {
            entries = try byID(ids)
        } else {
            return
        }
        entries.sort { $0.pageID < $1.pageID }
        for place in entries.indices where entries[place].page != nil {
            entries[place].hasInfo = props.contains("info") && !finished.contains("info")
        }
        if props.contains("revisions"), let cut = try addRevisions(to: &entries) {
            answer.isComplete = false
            answer.continuation = [("rvcontinue", cut)]
            if isGenerated, let sent = ask.parameters["gapcontinue"] {
                answer.continuation.append(("gapcontinue", sent))
            }
            let sent = isGenerated && ask.parameters["gapcontinue"] != nil ? "gapcontinue" : ""
            answer.continuation.append(("continue", "\(sent)||" + (props.contains("info") ? "info" : "")))
        } else if let next {
            answer.continuation = [
                ("gapcontinue", String(decoding: next, as: UTF8.self)), ("continue", "gapcontinue||"),
            ]
        }
        if !entries.isEmpty { answer.sections.append(.pages(entries)) }
    }

    private mutating func listed() throws(APIFailure) -> ([PageRecord], next: [UInt8]?) {
        if ask.parameters["redirects"] != nil {
            throw APIFailure(
                code: "params",
                info: "Use \"gapfilterredir=nonredirects\" instead of \"redirects\" when using allpages as a generator."
            )
        }
        let namespace = ask.parameters["gapnamespace"] ?? "0"
        // The real one stops at the first thing that's wrong, and looks at the limit before.
        let limit = try limit("gaplimit", module: "allpages")
        guard namespace != "828" || ask.wiki.isPlain else {
            let start = ask.parameters["gapcontinue"] ?? ask.parameters["gapfrom"] ?? ""
            let from = Array(start.utf8).map { $0 == 0x20 ? UInt8(ascii: "_") : $0 }
            return ask.state.list(from: from, limit: limit)
        }
        guard let number = Int(namespace), (-2...15).contains(number) else {
            var failure = APIFailure.badValue("gapnamespace", namespace)
            failure.warnings = answer.warnings
            throw failure
        }
        return ([], nil)
    }

    private func byID(_ ids: [String]) throws(APIFailure) -> [QueryAnswer.PageEntry] {
        guard ids.count <= ask.valueLimit else { throw .tooManyValues("pageids", limit: ask.valueLimit) }
        var entries: [QueryAnswer.PageEntry] = []
        var seen: Set<Int64> = []
        for text in ids {
            guard let id = Int64(text) else { throw .badInteger("pageids", text) }
            guard seen.insert(id).inserted else { continue }
            let page = ask.state.page(id: id)
            entries.append(
                QueryAnswer.PageEntry(pageID: id, page: page?.isDeleted == true ? nil : page, hasInfo: false)
            )
        }
        return entries
    }

    /// Adds as many revisions as an answer holds.
    /// - Returns: where the next answer begins; `nil` when all have theirs.
    private mutating func addRevisions(to entries: inout [QueryAnswer.PageEntry]) throws(APIFailure) -> String? {
        let names = Set(ask.values("rvprop") ?? ["ids", "timestamp", "flags", "comment", "user"])
        let fields = QueryAnswer.RevisionFields(names: names, hasSlots: ask.parameters["rvslots"] != nil)
        for name in ["rvlimit", "rvstart", "rvend", "rvdir", "rvuser"] where ask.parameters[name] != nil {
            throw APIFailure(
                code: "invalidparammix",
                info: "titles, pageids or a generator was used to supply multiple pages, but the rvlimit, rvstartid, "
                    + "rvendid, rvdir=newer, rvuser, rvexcludeuser, rvstart, and rvend parameters may only be used on a "
                    + "single page."
            )
        }
        var first: Int64 = .min
        if let text = ask.parameters["rvcontinue"] {
            let parts = text.split(separator: "|", omittingEmptySubsequences: false).map { Int64($0) }
            guard parts.count == 2, let page = parts[0], parts[1] != nil else { throw .badContinue }
            first = page
        }
        let hasContent = names.contains("content")
        var left = hasContent ? ask.valueLimit : ask.listLimit
        var bytes = entries.count * 200
        for place in entries.indices {
            guard let page = entries[place].page, page.pageID >= first else { continue }
            let here = "\(page.pageID)|\(page.lastRevisionID)"
            // Answers that are full of entries say nothing; those that are full of bytes say so.
            guard left > 0 else { return here }
            bytes += hasContent && page.visibility == .visible ? page.length : 0
            guard bytes <= ask.resultLimit else {
                entries[place].revisions = .empty
                answer.warnings.append(
                    (
                        "result",
                        "This result was truncated because it would otherwise be larger than the limit of "
                            + "\(Self.grouped(ask.resultLimit)) bytes."
                    )
                )
                return here
            }
            entries[place].revisions = .latest(fields)
            left -= 1
        }
        return nil
    }

    /// With commas between thousands.
    private static func grouped(_ number: Int) -> String {
        var digits = Array("\(number)")
        for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
        return String(digits)
    }
}
