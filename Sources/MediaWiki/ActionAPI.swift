import Concurrency
import FoundationEssentials
package import HTTPFetch

/// Asks one wiki's Action API (`api.php`). It makes one request per call or step, one after the other, and retries
/// nothing: ``APIError/recovery`` says what the caller is to do.
package final class ActionAPI: Sendable {
    /// What the requests to a wiki came to.
    package struct Usage: Sendable, Equatable {
        /// Requests sent, failed ones included.
        package var requests = 0
        /// Bytes that came over the network.
        package var wireBytes = 0
    }

    /// The namespace of modules, the same on every wiki.
    package static let moduleNamespace = 828

    /// The wiki that is asked.
    package let wiki: WikiDescription

    private let client: HTTPClient
    private let maxlag: Int?
    let credentials: WikiCredentials?
    let cookies = Lock<[String: String]>([:])
    private let used = Lock(Usage())
    private let known = Lock<WikiAccount?>(nil)

    /// Makes the API of `wiki`.
    ///
    /// - Parameters:
    ///   - maxlag: the lag of the wiki's database, in seconds, from which on it refuses to answer; `nil` to get answers
    ///     whatever the lag.
    ///   - credentials: whose requests they are; `nil` for nobody's. The wiki refuses to answer when it doesn't accept them.
    package init(
        client: HTTPClient,
        wiki: WikiDescription,
        maxlag: Int? = 5,
        credentials: WikiCredentials? = nil
    ) {
        self.client = client
        self.wiki = wiki
        self.maxlag = maxlag
        self.credentials = credentials
    }

    /// What the requests came to so far.
    package var usage: Usage { used.withLock { $0 } }

    /// The account whose requests these are, once ``siteInfo()`` has asked for it; `nil` for nobody's.
    package internal(set) var account: WikiAccount? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }

    /// For how many pages the text comes in one request. Source: API:Revisions.
    package var pagesPerRequest: Int { account?.hasHighLimits ?? false ? 500 : 50 }

    /// Sends one request with `parameters`, format and maxlag added, and returns the body when it is an answer without an
    /// error.
    /// - Parameters:
    ///   - form: the body of a POST; `nil` for a GET.
    ///   - asserts: whether the wiki is to refuse the request when it doesn't accept the credentials.
    func call(
        _ parameters: [HTTPFormField],
        form: [HTTPFormField]? = nil,
        asserts: Bool = true
    ) async throws(APIError) -> [UInt8] {
        var fields = parameters + [HTTPFormField("format", "json"), HTTPFormField("formatversion", "2")]
        if let maxlag { fields.append(HTTPFormField("maxlag", "\(maxlag)")) }
        if asserts, credentials != nil { fields.append(HTTPFormField("assert", "user")) }
        let request = HTTPRequest(
            url: "\(wiki.url)/api.php?\(HTTPFormField.encode(fields))",
            method: form.map { .post(form: $0) } ?? .get,
            headers: authorization,
            redirects: form == nil ? .sameHost(maximum: 3) : .none
        )
        used.withLock { $0.requests += 1 }
        let response: HTTPResponse
        do throws(HTTPError) { response = try await client.fetch(request) } catch {
            throw APIError(wiki: wiki.dbname, kind: .transport(error), info: error.description)
        }
        used.withLock { $0.wireBytes += response.wireBytes }
        keepCookies(of: response.headers)
        if let error = APIError.error(in: response, wiki: wiki.dbname, now: Date()) { throw error }
        return response.body
    }

    /// Reads `body` as `Answer`.
    func decode<Answer: Decodable>(_ type: Answer.Type, from body: [UInt8]) throws(APIError) -> Answer {
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            guard case DecodingError.dataCorrupted = error else { throw unexpected("\(error)") }
            throw APIError(wiki: wiki.dbname, kind: .brokenJSON, status: 200, info: "\(body.count) bytes")
        }
    }

    /// The error that says that the wiki's answer makes no sense.
    func unexpected(_ reason: String) -> APIError {
        APIError(wiki: wiki.dbname, kind: .unexpectedAnswer, status: 200, info: reason)
    }

    /// One answer of `action=sitematrix`, from `continuation` on; asked of a wiki that has the SiteMatrix extension.
    /// - Throws: ``APIError``; with `noSiteMatrix` when the answer is none of that extension.
    package func siteMatrix(from continuation: String? = nil, scriptPath: String = "/w") async throws(APIError)
        -> SiteMatrix
    {
        var parameters = [
            HTTPFormField("action", "sitematrix"), HTTPFormField("smsiteprop", "url|dbname|code|lang|sitename"),
            HTTPFormField("smlangprop", "code|site"),
        ]
        if let continuation { parameters.append(HTTPFormField("smcontinue", continuation)) }
        let body = try await call(parameters)
        do throws(WikiDescriptionError) { return try SiteMatrix(json: body, scriptPath: scriptPath) } catch {
            throw APIError(wiki: wiki.dbname, kind: .noSiteMatrix, status: 200, info: error.reason)
        }
    }
}
