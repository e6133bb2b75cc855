/// `action=login` with a bot password. Source: ApiLogin; the session is a cookie.
enum Login {
    /// The token that each session has: what matters is that it is fetched and sent in the same session.
    static let token = "5f5ad4a0c1f6b5d2e6a3c9f001d2c3b4a5968778"

    /// The cookie's name on a wiki, and that of an account that is logged in.
    static func session(_ dbname: String) -> String { "\(dbname)_session" }
    static func account(_ dbname: String) -> String { "\(dbname)_BPsession" }

    /// The answer, and the headers with its cookies.
    static func run(
        _ ask: Ask,
        cookies: [String: String],
        accounts: [Account]
    ) throws(APIFailure) -> (json: String, headers: [(name: String, value: String)]) {
        guard ask.isPost else {
            throw APIFailure(code: "mustbeposted", info: "The \"login\" module requires a POST request.")
        }
        let dbname = ask.wiki.dbname
        guard let sent = ask.parameters["lgtoken"] else {
            return (
                "{\"login\":{\"result\":\"NeedToken\",\"token\":\"\(token)+\\\\\"}}", [cookie(session(dbname), "new")]
            )
        }
        guard sent == token + "+\\", cookies[session(dbname)] != nil else {
            return ("{\"login\":{\"result\":\"WrongToken\"}}", [])
        }
        let name = ask.parameters["lgname"] ?? ""
        guard
            let account = accounts.first(where: {
                name == "\($0.name)@perigee" && ask.parameters["lgpassword"] == $0.password
            })
        else {
            let reason = "Incorrect username or password entered. Please try again."
            return ("{\"login\":{\"result\":\"Failed\",\"reason\":\"\(reason)\"}}", [])
        }
        return (
            "{\"login\":{\"result\":\"Success\",\"lguserid\":\(1 + account.name.utf8.count),"
                + "\"lgusername\":\(JSONText.string(account.name))}}",
            [cookie(Login.account(dbname), account.token)]
        )
    }

    static func cookie(_ name: String, _ value: String) -> (name: String, value: String) {
        ("Set-Cookie", "\(name)=\(value); path=/; HttpOnly")
    }

    /// The cookies of a request.
    static func cookies(_ header: String?) -> [String: String] {
        var all: [String: String] = [:]
        for part in (header ?? "").split(separator: ";") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { all[String(pair[0])] = String(pair[1]) }
        }
        return all
    }
}
