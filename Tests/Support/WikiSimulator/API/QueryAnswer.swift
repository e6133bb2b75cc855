/// An answer of `action=query` as it is put together.
struct QueryAnswer {
    /// A part of `query`.
    enum Section {
        case json(String)
        case pages([PageEntry])
    }

    /// A page in `query.pages`.
    struct PageEntry {
        enum Revisions {
            case none
            /// The answer is full: the key is there with nothing in it.
            case empty
            case latest(RevisionFields)
        }

        let pageID: Int64
        /// `nil` for an id of no page.
        let page: PageRecord?
        var hasInfo: Bool
        var revisions = Revisions.none
    }

    /// What was asked of revisions.
    struct RevisionFields {
        let names: Set<String>
        let hasSlots: Bool
    }

    var continuation: [(name: String, value: String)] = []
    /// Whether all is said about the pages.
    var isComplete = true
    var warnings: [(module: String, text: String)] = []
    var limits: [(module: String, limit: Int)] = []
    var sections: [Section] = []

    /// Writes the whole answer.
    func write(to body: inout BodyWriter, _ ask: Ask) {
        var head = isComplete ? "\"batchcomplete\":true," : ""
        if !continuation.isEmpty {
            let parts = continuation.map { "\(JSONText.string($0.name)):\(JSONText.string($0.value))" }
            head += "\"continue\":{\(parts.joined(separator: ","))},"
        }
        let warned = APIFailure.warnings(warnings)
        if !warned.isEmpty { head += warned.dropFirst() + "," }
        if ask.parameters["curtimestamp"] != nil { head += "\"curtimestamp\":\"\(WikiTime.iso(ask.now))\"," }
        if !limits.isEmpty {
            head += "\"limits\":{\(limits.map { "\"\($0.module)\":\($0.limit)" }.joined(separator: ","))},"
        }
        guard !sections.isEmpty else {
            body.write("{\(head.dropLast())}")
            return
        }
        body.write("{\(head)\"query\":{")
        for (number, section) in sections.enumerated() {
            if number > 0 { body.write(",") }
            switch section {
            case .json(let text): body.write(text)
            case .pages(let pages):
                body.write("\"pages\":[")
                for (place, page) in pages.enumerated() {
                    if place > 0 { body.write(",") }
                    page.write(to: &body, ask)
                }
                body.write("]")
            }
        }
        body.write("}}")
    }
}

extension QueryAnswer.PageEntry {
    func write(to body: inout BodyWriter, _ ask: Ask) {
        guard let page else {
            body.write("{\"pageid\":\(pageID),\"missing\":true}")
            return
        }
        let title = JSONText.string(ask.fullTitle(namespace: page.namespace, page.title))
        body.write("{\"pageid\":\(pageID),\"ns\":\(page.namespace),\"title\":\(title)")
        if hasInfo {
            let language = page.model == .wikitext ? ask.wiki.language.code : "en"
            let direction = page.model == .wikitext && ["ar", "he", "fa"].contains(language) ? "rtl" : "ltr"
            body.write(
                ",\"contentmodel\":\"\(page.model.rawValue)\",\"pagelanguage\":\"\(language)\","
                    + "\"pagelanguagehtmlcode\":\"\(language)\",\"pagelanguagedir\":\"\(direction)\","
                    + "\"touched\":\"\(WikiTime.iso(page.timestamp))\",\"lastrevid\":\(page.lastRevisionID),"
                    + "\"length\":\(page.length)"
            )
            if page.isRedirect { body.write(",\"redirect\":true") }
            if page.parentRevisionID == 0 { body.write(",\"new\":true") }
        }
        switch revisions {
        case .none: break
        case .empty: body.write(",\"revisions\":[]")
        case .latest(let fields): fields.write(page, to: &body)
        }
        body.write("}")
    }
}

extension QueryAnswer.RevisionFields {
    func write(_ page: PageRecord, to body: inout BodyWriter) {
        var parts: [String] = []
        if names.contains("ids") {
            parts.append("\"revid\":\(page.lastRevisionID),\"parentid\":\(page.parentRevisionID)")
        }
        if names.contains("timestamp") { parts.append("\"timestamp\":\"\(WikiTime.iso(page.timestamp))\"") }
        if names.contains("size") { parts.append("\"size\":\(page.length)") }
        body.write(",\"revisions\":[{\(parts.joined(separator: ","))")
        if hasSlots, names.contains("content") || names.contains("contentmodel") {
            body.write((parts.isEmpty ? "" : ",") + "\"slots\":{\"main\":{")
            writeSlot(page, to: &body)
            body.write("}}")
        }
        if names.contains("content"), page.visibility == .suppressed { body.write(",\"suppressed\":true") }
        body.write("}]")
    }

    private func writeSlot(_ page: PageRecord, to body: inout BodyWriter) {
        let model = "\"contentmodel\":\"\(page.model.rawValue)\""
        guard names.contains("content") else {
            body.write(model)
            return
        }
        switch page.visibility {
        case .hidden, .suppressed:
            body.write(names.contains("contentmodel") ? "\(model)," : "")
            body.write("\"texthidden\":true")
        case .lost:
            body.write(names.contains("contentmodel") ? "\(model)," : "")
            body.write("\"textmissing\":true")
        case .visible:
            body.write("\(model),\"contentformat\":\"\(page.model.format)\",\"content\":\"")
            body.write(contentsOf: page.text)
            body.write("\"")
        }
    }
}
