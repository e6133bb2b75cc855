/// What is asked of a server, and within which bounds.
package struct HTTPRequest: Sendable {
    /// The method, with its body.
    package enum Method: Sendable, Equatable {
        /// GET, without a body.
        case get
        /// POST of a form as `application/x-www-form-urlencoded`.
        case post(form: [HTTPFormField])
    }

    /// What is done with an answer 301, 302, 303, 307 or 308 that names a location.
    package enum RedirectPolicy: Sendable, Equatable {
        /// It is an answer like any other.
        case none
        /// It is followed, this often at most, while host and port stay the same (http to https on the default ports
        /// is the one change allowed). Anything else ends the request with ``HTTPError/Code/redirectRefused``.
        case sameHost(maximum: Int)
    }

    /// A part of the resource, in bytes.
    package struct ByteRange: Sendable, Equatable {
        /// The first byte, counted from 0.
        package var first: Int64
        /// The last byte, included; `nil` for the end of the resource.
        package var last: Int64?

        /// Makes a range from `first` to `last`, both included.
        package init(first: Int64, last: Int64? = nil) {
            self.first = first
            self.last = last
        }
    }

    /// An absolute http or https URL; its path and query are percent-encoded already.
    package var url: String
    /// The method, with its body.
    package var method: Method
    /// Headers beside those that the client sets (`User-Agent`, `Accept-Encoding`, `Range`, `Content-Type` of a form).
    package var headers: [HTTPHeaders.Field]
    /// The time from the call to the last byte, waiting for a connection and redirects included; `nil` for no limit.
    package var deadline: Duration?
    /// The longest time in which less than `minimumBytesPerSecond` arrives once the request has gone out; `nil` for no
    /// limit. Time in which the consumer of a stream is the slow one doesn't count.
    package var stallDeadline: Duration?
    /// The rate under which a transfer stalls. With 0 or 1, any byte counts as life.
    package var minimumBytesPerSecond: Int
    /// The longest body accepted, in bytes after decompression; `nil` for no limit.
    package var bodyLimit: Int?
    /// The part of the resource that is wanted. A server may ignore it: the status is then 200, not 206.
    package var range: ByteRange?
    /// Whether the answer may come compressed (gzip, deflate, brotli, zstd). Nothing is compressed when `range` is set,
    /// because a range counts the bytes of what is sent.
    package var acceptsCompression: Bool
    /// What is done with a redirect.
    package var redirects: RedirectPolicy

    /// 64 MiB, the body limit unless another is given.
    package static let defaultBodyLimit = 64 << 20

    /// Makes a request; all but the URL have defaults for an API call.
    package init(
        url: String,
        method: Method = .get,
        headers: [HTTPHeaders.Field] = [],
        deadline: Duration? = .seconds(120),
        stallDeadline: Duration? = .seconds(60),
        minimumBytesPerSecond: Int = 1,
        bodyLimit: Int? = Self.defaultBodyLimit,
        range: ByteRange? = nil,
        acceptsCompression: Bool = true,
        redirects: RedirectPolicy = .none
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.deadline = deadline
        self.stallDeadline = stallDeadline
        self.minimumBytesPerSecond = minimumBytesPerSecond
        self.bodyLimit = bodyLimit
        self.range = range
        self.acceptsCompression = acceptsCompression
        self.redirects = redirects
    }
}
