/// One question to one wiki's API, with what answering takes.
struct Ask {
    let state: WikiState
    let history: ChangeHistory
    let retention: Retention
    let parameters: [String: String]
    let isPost: Bool
    /// Who asks; `nil` for nobody in particular.
    var account: Account?
    /// In seconds since 1970.
    let now: Int64
    /// `http://127.0.0.1:PORT/DBNAME`
    let url: String
    /// Answers with more than so many bytes of values are cut. Source: `$wgAPIMaxResultSize`.
    let resultLimit: Int

    var wiki: SimulatedWiki { state.wiki }
    var hasHighLimits: Bool { account?.hasHighLimits ?? false }
    /// Values of a list parameter, and texts in one answer.
    var valueLimit: Int { hasHighLimits ? 500 : 50 }
    /// Entries of a list.
    var listLimit: Int { hasHighLimits ? 5000 : 500 }

    /// The values of a list parameter; `nil` when it isn't there.
    func values(_ name: String) -> [String]? {
        parameters[name].map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
    }

    /// A title with its namespace's name, and with spaces.
    func fullTitle(namespace: Int, _ title: [UInt8]) -> String {
        let name =
            switch namespace {
            case 828: wiki.language.moduleNamespace + ":"
            case 2: wiki.language.userNamespace + ":"
            default: ""
            }
        return name + String(decoding: title.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }, as: UTF8.self)
    }
}
