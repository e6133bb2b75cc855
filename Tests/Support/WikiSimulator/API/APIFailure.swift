/// An error of the Action API, in the form of MediaWiki 1.39.
struct APIFailure: Error {
    var code: String
    var info: String
    /// Between `info` and `docref`, as JSON.
    var details = ""
    var headers: [(name: String, value: String)] = []
    var warnings: [(module: String, text: String)] = []

    static let badContinue = APIFailure(
        code: "badcontinue",
        info: "Invalid continue param. You should pass the original value returned by the previous query."
    )

    static func badValue(_ parameter: String, _ value: String) -> APIFailure {
        APIFailure(code: "badvalue", info: "Unrecognized value for parameter \"\(parameter)\": \(value).")
    }

    static func badInteger(_ parameter: String, _ value: String) -> APIFailure {
        APIFailure(code: "badinteger", info: "Invalid value \"\(value)\" for integer parameter \"\(parameter)\".")
    }

    static func tooManyValues(_ parameter: String, limit: Int) -> APIFailure {
        APIFailure(
            code: "toomanyvalues",
            info: "Too many values supplied for parameter \"\(parameter)\". The limit is \(limit).",
            details: "\"limit\":\(limit),\"lowlimit\":50,\"highlimit\":500,"
        )
    }

    /// Source: MediaWiki, ApiMain::checkMaxLag: status 200, and at least 5 seconds to wait.
    static func maxlag(seconds: Double, allowed: Int) -> APIFailure {
        let shown = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
        return APIFailure(
            code: "maxlag",
            info: "Waiting for 10.64.0.1: \(shown) seconds lagged.",
            details: "\"host\":\"10.64.0.1\",\"lag\":\(shown),\"type\":\"db\",",
            headers: [("Retry-After", "\(max(allowed, 5))"), ("X-Database-Lag", "\(Int(seconds))")]
        )
    }

    static let rateLimited = APIFailure(
        code: "ratelimited",
        info: "You've exceeded your rate limit. Please wait some time and try again."
    )

    static let readOnly = APIFailure(
        code: "readonly",
        info: "The wiki is currently in read-only mode.",
        details: "\"readonlyreason\":\"The database is read-only until replication lag decreases.\","
    )

    /// The answer as JSON.
    func json(api: String, time: Int64?) -> String {
        let list = "https://lists.wikimedia.org/postorius/lists/mediawiki-api-announce.lists.wikimedia.org/"
        let see =
            "See \(api) for API usage. Subscribe to the mediawiki-api-announce mailing list at &lt;\(list)&gt; "
            + "for notice of API deprecations and breaking changes."
        return "{\"error\":{\"code\":\(JSONText.string(code)),\"info\":\(JSONText.string(info)),\(details)"
            + "\"docref\":\(JSONText.string(see))}\(Self.warnings(warnings))"
            + (time.map { ",\"curtimestamp\":\"\(WikiTime.iso($0))\"" } ?? "") + "}"
    }

    /// With a comma in front; empty without warnings. Those of one module are one text.
    static func warnings(_ all: [(module: String, text: String)]) -> String {
        guard !all.isEmpty else { return "" }
        var modules: [String] = []
        for warning in all where !modules.contains(warning.module) { modules.append(warning.module) }
        let parts = modules.map { module in
            let text = all.filter { $0.module == module }.map(\.text).joined(separator: "\n")
            return "\(JSONText.string(module)):{\"warnings\":\(JSONText.string(text))}"
        }
        return ",\"warnings\":{\(parts.joined(separator: ","))}"
    }
}
