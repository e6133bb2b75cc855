import CCurl

/// One request under way. All of it belongs to the loop's thread.
final class Transfer {
    /// What is called when the transfer ends, or as it goes.
    enum Receiver: Sendable {
        case whole(@Sendable (Result<HTTPResponse, HTTPError>) -> Void)
        case stream(StreamBuffer)
    }

    /// More header bytes than this end the transfer: libcurl 7.88 itself has no limit for their sum.
    private static let maximumHeadBytes = 256 << 10

    let id: UInt64
    let easy: EasyHandle
    private let request: HTTPRequest
    private let receiver: Receiver
    private let deadline: ContinuousClock.Instant?

    private var url: String
    private var status = 0
    private var isHTTP1 = false
    private var headers = HTTPHeaders()
    private var headBytes = 0
    private var hasHead = false
    private var body: [UInt8] = []
    private var bodyBytes = 0
    private var redirects = 0
    private var wireBytesOfRedirects = 0
    private var isPaused = false
    private var failure: HTTPError?

    private var begun: ContinuousClock.Instant?
    private var stallMark: ContinuousClock.Instant
    private var bytesSinceMark = 0

    /// Makes a transfer that has its deadline from `submitted`.
    /// - Throws: ``HTTPError`` with `invalidURL`, `invalidRequest` or `other`.
    init(
        id: UInt64,
        request: HTTPRequest,
        receiver: Receiver,
        settings: HTTPClientSettings,
        submitted: ContinuousClock.Instant
    ) throws(HTTPError) {
        self.id = id
        self.request = request
        self.receiver = receiver
        url = request.url
        deadline = request.deadline.map { submitted + $0 }
        stallMark = submitted
        easy = try EasyHandle(request: request, settings: settings)
        easy.setCallbacks(owner: self)
    }

    // MARK: Callbacks

    /// Takes one line of the head (or a trailer). `false` ends the transfer with ``failure``.
    func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        bytesSinceMark += line.count
        headBytes += line.count
        guard headBytes <= Self.maximumHeadBytes else {
            fail(.protocolError, "the headers are longer than \(Self.maximumHeadBytes) bytes")
            return false
        }
        let text = line.trimmed
        if text.starts(with: "HTTP/".utf8) {
            let words = text.split(separator: UInt8(ascii: " "), maxSplits: 2)
            status = words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0
            isHTTP1 = text.starts(with: "HTTP/1".utf8)
            headers = HTTPHeaders()
        } else if text.isEmpty {
            // 1xx answers come before the real one.
            if status >= 200, !hasHead { headIsComplete() }
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            headers.append(
                HTTPHeaders.Field(
                    String(decoding: text[..<colon], as: UTF8.self),
                    String(decoding: UnsafeRawBufferPointer(rebasing: text[(colon + 1)...]).trimmed, as: UTF8.self)
                )
            )
        }
        return true
    }

    private func headIsComplete() {
        hasHead = true
        guard !isRedirecting else { return }
        switch receiver {
        case .whole:
            guard headers["Content-Encoding"] == nil, let length = headers["Content-Length"].flatMap({ Int($0) }) else {
                break
            }
            // What a server promises isn't to be reserved blindly.
            body.reserveCapacity(min(max(length, 0), 1 << 20))
        case .stream(let buffer):
            buffer.put(head: head)
        }
    }

    /// Takes bytes of the body: how many were taken, or libcurl's sign to pause.
    func receive(body bytes: UnsafeRawBufferPointer) -> Int {
        if isRedirecting {
            bytesSinceMark += bytes.count
            return bytes.count
        }
        if let limit = request.bodyLimit, bodyBytes + bytes.count > limit {
            fail(.bodyTooLarge, "the body is longer than \(limit) bytes")
            return 0
        }
        switch receiver {
        case .whole: body.append(contentsOf: bytes)
        case .stream(let buffer):
            guard buffer.put(bytes) else {
                isPaused = true
                return Int(CURL_WRITEFUNC_PAUSE)
            }
        }
        bodyBytes += bytes.count
        bytesSinceMark += bytes.count
        return bytes.count
    }

    // MARK: Course

    /// Lets a paused transfer go on.
    func resume(now: ContinuousClock.Instant) {
        guard isPaused else { return }
        isPaused = false
        stallMark = now
        bytesSinceMark = 0
        easy.unpause()
    }

    /// Called when the loop gives the transfer to libcurl.
    func begin(now: ContinuousClock.Instant) { begun = now }

    /// Since when the server is the one who is waited for; `nil` while it is a connection or the consumer.
    private var waitingSince: ContinuousClock.Instant? {
        guard !isPaused, let begun, let sent = easy.timeToSend else { return nil }
        return max(stallMark, begun + sent)
    }

    /// When ``overdue(now:)`` must be asked next.
    func nextCheck(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let stall = request.stallDeadline.map { (waitingSince ?? now) + $0 }
        guard let deadline else { return stall }
        return stall.map { min($0, deadline) } ?? deadline
    }

    /// The error when the transfer has had its time.
    func overdue(now: ContinuousClock.Instant) -> HTTPError? {
        if let deadline, now >= deadline {
            return error(.timeout, "no complete answer within \(request.deadline ?? .zero)")
        }
        guard let limit = request.stallDeadline, let waitingSince, now >= waitingSince + limit else { return nil }
        let least = max(1, Int(Double(request.minimumBytesPerSecond) * (limit / .seconds(1))))
        guard bytesSinceMark >= least else {
            return error(.stalled, "\(bytesSinceMark) bytes within \(limit), \(bodyBytes) bytes of body in all")
        }
        stallMark = now
        bytesSinceMark = 0
        return nil
    }

    /// Whether the answer at hand is a redirect that is followed.
    private var isRedirecting: Bool {
        guard case .sameHost = request.redirects else { return false }
        return [301, 302, 303, 307, 308].contains(status) && headers["Location"] != nil
    }

    /// After libcurl is done with the handle: whether the transfer goes on with another URL.
    /// - Throws: ``HTTPError`` with `redirectRefused`.
    func followRedirect(after result: CURLcode) throws(HTTPError) -> Bool {
        guard result == CURLE_OK, isRedirecting, case .sameHost(let maximum) = request.redirects else { return false }
        guard let location = easy.redirectURL, let target = HTTPURL(location), let source = HTTPURL(url) else {
            throw error(.redirectRefused, "the location isn't an http or https URL")
        }
        guard source.isSameSite(as: target) else {
            throw error(.redirectRefused, "leads elsewhere, to \(target.scheme)://\(target.host):\(target.port)")
        }
        guard redirects < maximum else { throw error(.redirectRefused, "more than \(maximum) redirects") }
        redirects += 1
        wireBytesOfRedirects += easy.wireBytes
        easy.redirect(to: location, asGet: status <= 303)
        url = location
        status = 0
        headers = HTTPHeaders()
        headBytes = 0
        hasHead = false
        return true
    }

    /// Tells the receiver how libcurl ended. Called once, and nothing after it.
    func finish(_ result: CURLcode) {
        if let failure { return finish(failure) }
        guard result == CURLE_OK else {
            return finish(error(HTTPError.Code(result), easy.message(for: result), curlCode: Int(result.rawValue)))
        }
        guard hasHead else { return finish(error(.protocolError, "an answer without a head")) }
        guard !mayBeCutShort else {
            return finish(error(.badContentEncoding, "a compressed body of unknown length may be cut short"))
        }
        let wireBytes = wireBytesOfRedirects + easy.wireBytes
        switch receiver {
        case .whole(let complete): complete(.success(HTTPResponse(head: head, body: body, wireBytes: wireBytes)))
        case .stream(let buffer): buffer.finish(nil, wireBytes: wireBytes)
        }
    }

    /// Whether the connection's end is all that ended a compressed body. libcurl 7.88 says nothing when it stops in the
    /// middle then.
    private var mayBeCutShort: Bool {
        request.acceptsCompression && headers["Content-Encoding"] != nil && bodyBytes > 0 && isHTTP1
            && headers["Content-Length"] == nil && headers["Transfer-Encoding"] == nil
    }

    /// Tells the receiver of a failure. Called once, and nothing after it.
    func finish(_ error: HTTPError) {
        receiver.fail(error, wireBytes: wireBytesOfRedirects + easy.wireBytes)
    }

    /// The transfer's error of the kind `code`.
    func error(_ code: HTTPError.Code, _ message: String, curlCode: Int = 0) -> HTTPError {
        HTTPError(code, url: url, curlCode: curlCode, message: message)
    }

    private func fail(_ code: HTTPError.Code, _ message: String) { failure = error(code, message) }

    private var head: HTTPResponseHead { HTTPResponseHead(status: status, headers: headers, effectiveURL: url) }
}

extension Transfer.Receiver {
    /// Ends with `error`.
    func fail(_ error: HTTPError, wireBytes: Int = 0) {
        switch self {
        case .whole(let complete): complete(.failure(error))
        case .stream(let buffer): buffer.finish(error, wireBytes: wireBytes)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Without white space at both ends.
    fileprivate var trimmed: UnsafeRawBufferPointer {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return UnsafeRawBufferPointer(rebasing: self[0..<0])
        }
        return UnsafeRawBufferPointer(rebasing: self[first...last])
    }
}
