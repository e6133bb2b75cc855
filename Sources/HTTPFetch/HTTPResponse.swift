/// What stands before the body of an answer.
package struct HTTPResponseHead: Sendable, Equatable {
    /// The status, 200 to 599.
    package let status: Int
    /// The headers of the last answer, not those of the redirects before it.
    package let headers: HTTPHeaders
    /// The URL that answered: the request's, or where redirects led. It may hold secrets of the query.
    package let effectiveURL: String

    /// Makes a head.
    package init(status: Int, headers: HTTPHeaders, effectiveURL: String) {
        self.status = status
        self.headers = headers
        self.effectiveURL = effectiveURL
    }
}

/// An answer with its whole body. A status that says failure is an answer like any other.
package struct HTTPResponse: Sendable, Equatable {
    /// Status, headers and URL.
    package let head: HTTPResponseHead
    /// The body after decompression.
    package let body: [UInt8]
    /// What came over the network for this answer and its redirects: headers, and bodies as they were sent.
    package let wireBytes: Int

    /// The status, 200 to 599.
    package var status: Int { head.status }
    /// The headers.
    package var headers: HTTPHeaders { head.headers }
    /// The URL that answered.
    package var effectiveURL: String { head.effectiveURL }

    /// Makes an answer.
    package init(head: HTTPResponseHead, body: [UInt8], wireBytes: Int) {
        self.head = head
        self.body = body
        self.wireBytes = wireBytes
    }
}
