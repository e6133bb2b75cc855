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
    private let headers: [HTTPHeaders.Field]
    private let used = Lock(Usage())

    /// Makes the API of `wiki`.
    ///
    /// - Parameters:
    ///   - maxlag: the lag of the wiki's database, in seconds, from which on it refuses to answer; `nil` to get answers
    ///     whatever the lag.
    ///   - headers: sent with every request, such as an authorisation.
    package init(client: HTTPClient, wiki: WikiDescription, maxlag: Int? = 5, headers: [HTTPHeaders.Field] = []) {
        self.client = client
        self.wiki = wiki
        self.maxlag = maxlag
        self.headers = headers
    }

    /// What the requests came to so far.
    package var usage: Usage { used.withLock { $0 } }

    /// Sends one GET with `parameters`, format and maxlag added, and returns the body when it is an answer without an
    /// error.
    func call(_ parameters: [HTTPFormField]) async throws(APIError) -> [UInt8] {
        var fields = parameters + [HTTPFormField("format", "json"), HTTPFormField("formatversion", "2")]
        if let maxlag { fields.append(HTTPFormField("maxlag", "\(maxlag)")) }
        let request = HTTPRequest(
            url: "\(wiki.url)/api.php?\(HTTPFormField.encode(fields))",
            headers: headers,
            redirects: .sameHost(maximum: 3)
        )
        used.withLock { $0.requests += 1 }
        let response: HTTPResponse
        do throws(HTTPError) { response = try await client.fetch(request) } catch {
            throw APIError(wiki: wiki.dbname, kind: .transport(error), info: error.description)
        }
        used.withLock { $0.wireBytes += response.wireBytes }
        let envelope = try? JSONDecoder().decode(APIErrorEnvelope.self, from: Data(response.body))
        if let error = APIError.error(in: response, envelope: envelope, wiki: wiki.dbname, now: Date()) { throw error }
        return response.body
    }

    /// Reads `body` as `Answer`.
    func decode<Answer: Decodable>(_ type: Answer.Type, from body: [UInt8]) throws(APIError) -> Answer {
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            throw unexpected("\(error)")
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
