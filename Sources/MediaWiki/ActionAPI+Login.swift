import Concurrency
import FoundationEssentials
import HTTPFetch

extension ActionAPI {
    /// Whether ``logIn(token:)`` has to come before anything else.
    package var needsLogin: Bool {
        if case .botPassword = credentials { cookies.withLock(\.isEmpty) } else { false }
    }

    /// Asks for the token that a login needs. One request.
    /// - Throws: ``APIError``.
    package func loginToken() async throws(APIError) -> String {
        let body = try await call(
            [HTTPFormField("action", "query"), HTTPFormField("meta", "tokens"), HTTPFormField("type", "login")],
            asserts: false
        )
        return try decode(TokenAnswer.self, from: body).query.tokens.logintoken
    }

    /// Logs in with the bot password. One request; those after it are the account's.
    /// - Throws: ``APIError``; with `credentials` when the wiki doesn't accept them.
    package func logIn(token: String) async throws(APIError) {
        guard case .botPassword(let name, let password) = credentials else { return }
        let body = try await call(
            [HTTPFormField("action", "login")],
            form: [
                HTTPFormField("lgname", name), HTTPFormField("lgpassword", password),
                HTTPFormField("lgtoken", token),
            ],
            asserts: false
        )
        let login = try decode(LoginAnswer.self, from: body).login
        guard login.result == "Success" else {
            throw APIError(wiki: wiki.dbname, kind: .credentials, status: 200, info: "\(name): \(login.result)")
        }
    }

    /// Keeps the cookies of an answer, for the requests after it. They go to this wiki alone.
    func keepCookies(of headers: HTTPHeaders) {
        guard case .botPassword = credentials else { return }
        for header in headers.values(of: "Set-Cookie") {
            let pair = header.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else { continue }
            let name = String(pair[..<equals])
            let value = String(pair[pair.index(after: equals)...])
            cookies.withLock { cookies in
                if value.isEmpty || value == "deleted" {
                    cookies[name] = nil
                } else if cookies.count < Self.maximumCookies || cookies[name] != nil {
                    cookies[name] = value
                }
            }
        }
    }

    /// What shows whose request it is.
    var authorization: [HTTPHeaders.Field] {
        switch credentials {
        case nil: return []
        case .token(let token): return [HTTPHeaders.Field("Authorization", "Bearer \(token)")]
        case .botPassword:
            let pairs = cookies.withLock { $0.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } }
            return pairs.isEmpty ? [] : [HTTPHeaders.Field("Cookie", pairs.joined(separator: "; "))]
        }
    }

    private static let maximumCookies = 50
}

private struct TokenAnswer: Decodable {
    let query: Query
    struct Query: Decodable { let tokens: Tokens }
    struct Tokens: Decodable { let logintoken: String }
}

private struct LoginAnswer: Decodable {
    let login: Login
    struct Login: Decodable { let result: String }
}
