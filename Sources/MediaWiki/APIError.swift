package import HTTPFetch

/// Why a wiki's API gave no answer that can be used.
package struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    package enum Kind: Sendable, Equatable {
        /// The wiki's database lags, by this many seconds where it says so.
        case maxlag(seconds: Double?)
        /// Too many requests: status 429 or the API's code `ratelimited`.
        case rateLimited
        /// The wiki's database is read-only.
        case readOnly
        /// A status other than 200 whose body isn't an answer of the API.
        case httpStatus(Int)
        /// The answer has status 200 and isn't JSON; it begins so.
        case notJSON(firstWords: String)
        /// The answer begins as JSON and is cut short or broken.
        case brokenJSON
        /// An error of the API itself, by its code.
        case api(code: String)
        /// The wiki that answers is another one.
        case wrongWiki(found: String)
        /// The wiki has no namespace 828: Scribunto isn't installed.
        case noModuleNamespace
        /// The wiki has no list of wikis: SiteMatrix isn't installed.
        case noSiteMatrix
        /// The wiki doesn't accept the credentials (any more).
        case credentials
        /// The continuation isn't valid (any more): the walk must start anew.
        case badContinue
        /// The answer is JSON of the API but not what was asked for.
        case unexpectedAnswer
        /// No answer at all.
        case transport(HTTPError)
    }

    /// What the caller is to do. Retrying itself is the caller's matter.
    package enum Recovery: String, Sendable {
        /// The wiki, or its whole site, is left alone for a time: ``retryAfter`` or the caller's own measure.
        case holdBack
        /// The same request may well succeed later.
        case retry
        /// The same request fails again.
        case permanent
    }

    /// The wiki's database name.
    package let wiki: String
    /// What went wrong.
    package let kind: Kind
    /// The answer's status; `nil` without an answer.
    package let status: Int?
    /// What the wiki or the transport says of it.
    package let info: String
    /// For how long the wiki asks to be left alone; from the header `Retry-After`.
    package let retryAfter: Duration?

    /// Makes an error of the wiki called `wiki`.
    package init(wiki: String, kind: Kind, status: Int? = nil, info: String = "", retryAfter: Duration? = nil) {
        self.wiki = wiki
        self.kind = kind
        self.status = status
        self.info = String(info.prefix(500))
        self.retryAfter = retryAfter
    }

    /// What the caller is to do.
    package var recovery: Recovery {
        switch kind {
        case _ where retryAfter != nil && status.map { $0 >= 500 } ?? false: .holdBack
        case .maxlag, .rateLimited, .readOnly: .holdBack
        case .httpStatus(let status):
            status == 503 ? .holdBack : status >= 500 || status == 408 || status == 425 ? .retry : .permanent
        case .brokenJSON, .unexpectedAnswer: .retry
        case .api(let code):
            code.hasPrefix("internal_api_error") || status.map { $0 >= 500 } == true ? .retry : .permanent
        case .transport(let error): error.isTransient || isCancellation ? .retry : .permanent
        case .notJSON, .wrongWiki, .noModuleNamespace, .noSiteMatrix, .badContinue, .credentials:
            .permanent
        }
    }

    /// Whether the request was ended by this process itself: nothing is wrong with the wiki.
    package var isCancellation: Bool {
        guard case .transport(let error) = kind else { return false }
        return error.code == .cancelled || error.code == .shutDown
    }

    package var description: String {
        var text = "\(wiki): \(summary)"
        if !info.isEmpty { text += ": \(info)" }
        if let status, status != 200 { text += " (HTTP \(status))" }
        if let retryAfter { text += " (retry after \(retryAfter))" }
        return text
    }

    private var summary: String {
        switch kind {
        case .maxlag: "the wiki's database lags"
        case .rateLimited: "too many requests"
        case .readOnly: "the wiki's database is read-only"
        case .httpStatus: "the web server answers with an error"
        case .notJSON(let words): "the answer isn't JSON, it begins with \"\(words)\"; is the wiki's URL right?"
        case .brokenJSON: "the answer is cut short or broken JSON"
        case .api(let code): "the API says \(code)"
        case .wrongWiki(let found): "another wiki answers, \(found); is the wiki's URL right?"
        case .noModuleNamespace: "no namespace 828: Scribunto isn't installed there"
        case .noSiteMatrix: "no list of wikis: the SiteMatrix extension isn't installed there"
        case .credentials:
            "the wiki doesn't accept the credentials; renew the file that http.token_file or http.bot_password_file names"
        case .badContinue: "the continuation isn't valid any more, the walk must start anew"
        case .unexpectedAnswer: "the answer isn't what was asked for"
        case .transport: "no answer"
        }
    }
}
