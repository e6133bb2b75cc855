/// Answers `action=sitematrix`. Source: extension SiteMatrix, ApiSiteMatrix.
///
/// It lists the wikis in the order of their indices: each entry of a language has one wiki, so that an answer is made
/// without looking at all wikis. A reader can't tell, as it has to read all entries anyway.
struct SiteMatrixAnswer {
    let family: SimulatedFamily
    /// `http://127.0.0.1:PORT/DBNAME`
    let url: (SimulatedWiki) -> String

    private static let most = 5000

    /// - Throws: ``APIFailure`` for a continuation that this doesn't give.
    func write(_ parameters: [String: String], to body: inout BodyWriter) throws(APIFailure) {
        var first = 0
        if let text = parameters["smcontinue"] {
            let parts = text.split(separator: "|")
            guard parts.count == 2, parts[0] == "language", let index = Int(parts[1]), index >= 0 else {
                throw .badContinue
            }
            first = index
        }
        let limit = min(parameters["smlimit"].flatMap { Int($0) } ?? Self.most, Self.most)
        let last = min(first + limit, family.count)
        body.write("{")
        if last < family.count {
            body.write("\"query-continue\":{\"sitematrix\":{\"smcontinue\":\"language|\(last)\"}},")
        }
        body.write("\"sitematrix\":{\"count\":\(family.count)")
        for index in first..<max(first, last) {
            let wiki = family[index]
            let language = wiki.language
            let code = wiki.family == "wikipedia" ? "wiki" : wiki.family
            body.write(
                ",\"\(index)\":{\"code\":\"\(language.code)\",\"name\":\(JSONText.string(language.name)),\"site\":["
                    + "{\"url\":\"\(url(wiki))\",\"dbname\":\"\(wiki.dbname)\",\"code\":\"\(code)\","
                    + "\"lang\":\"\(language.code)\",\"sitename\":\"\(wiki.dbname)\""
                    + (wiki.isClosed ? ",\"closed\":true" : "")
                    + "}],\"dir\":\"ltr\",\"localname\":\(JSONText.string(language.name))}"
            )
        }
        body.write(",\"specials\":[]}}")
    }
}
