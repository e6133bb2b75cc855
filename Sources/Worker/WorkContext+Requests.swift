import MediaWiki

extension WorkContext {
    /// The API of a wiki, as the account that the settings name, if any: logged in where that takes requests.
    /// - Throws: `APIError`; when the work is to stop here.
    func api(of wiki: WikiDescription) async throws -> ActionAPI {
        let isShown = Site.name(ofURL: wiki.url) == settings.credentialsSite
        let api = ActionAPI(
            client: http,
            wiki: wiki,
            maxlag: settings.maximumLag,
            credentials: isShown ? settings.credentials : nil
        )
        if api.needsLogin {
            let token = try await request { try await api.loginToken() }
            try await request { try await api.logIn(token: token) }
        }
        return api
    }

    /// Sends a request in its turn, again when it failed in passing.
    /// - Throws: `APIError`; when the work is to stop here.
    func request<Answer>(_ send: () async throws -> Answer) async throws -> Answer {
        var patience = patience
        while true {
            try await nextRequest()
            do {
                return try await send()
            } catch let error as APIError {
                try await patience.wait(after: error)
            }
        }
    }

    /// The patience for one request that may fail.
    var patience: RequestPatience { RequestPatience(board: board, site: site, wiki: wiki, logger: logger) }
}
