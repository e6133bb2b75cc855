/// What goes wrong with one request.
///
/// In JSON it is an object with its name: `{"tooManyRequests": {"retryAfter": 30}}`, `{"garbage": {}}`.
package enum Fault: Sendable, Codable, Equatable {
    /// 429 as text, in the form of Wikimedia's gateway; without `Retry-After` for `nil`.
    case tooManyRequests(retryAfter: Int?)
    /// Status 200 with the error `maxlag`.
    case maxlag(seconds: Double)
    /// Status 200 with the error `ratelimited`.
    case rateLimited
    /// Status 200 with the error `readonly`.
    case readOnly
    /// Another error of the API, status 200.
    case apiError(code: String)
    /// The error `badcontinue`.
    case badContinue
    /// An HTML page with a status from 400 on; without `Retry-After` for `nil`.
    case httpError(status: Int, retryAfter: Int?)
    /// The connection is reset after so many bytes of the body.
    case resetAfter(bytes: Int)
    /// The connection is closed in good order after so many bytes of the body.
    case cutAfter(bytes: Int)
    /// The body is gzip, ends in the middle, and its stated length is that of the part.
    case truncatedGzip
    /// The body is the first half of the right one, in good order.
    case halfJSON
    /// Status 200 and JSON's content type, with bytes that are none.
    case garbage
    /// JSON that is none of the API.
    case foreignJSON
    /// The right answer under the content type `text/html`.
    case wrongContentType
    /// An HTML page with status 200, as a captive portal gives it.
    case captivePortal
    /// A body without end, at so many bytes a second.
    case endless(bytesPerSecond: Int)
    /// The right answer, at so many bytes a second.
    case slow(bytesPerSecond: Int)
    /// Nothing is answered for so long, then the connection is closed.
    case silence(seconds: Double)
    /// A redirect to itself.
    case redirectLoop
    /// A redirect to another host.
    case redirectElsewhere(url: String)
    /// The right answer with a `continue` that leads to the same answer again.
    case repeatedContinue
    /// JSON with so many bytes.
    case oversized(bytes: Int)
    /// The connection is closed without an answer.
    case close
    /// The connection is reset without an answer.
    case reset
    /// The right answer, later.
    case latency(milliseconds: Int)

    /// Its name, as the log has it.
    package var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// Whether the answer says that the client is to wait, and for how long, in seconds.
    var retryAfter: Int? {
        switch self {
        case .tooManyRequests(let seconds), .httpError(_, let seconds): seconds
        case .maxlag: 5
        default: nil
        }
    }
}
