import NIOCore

extension Fault {
    /// The steps by which a request is answered that has met this fault.
    /// - Parameters:
    ///   - answer: makes the right answer. Not called where there is none.
    ///   - failure: makes an error of the API.
    ///   - target: what was asked for.
    func script(
        at now: Int64,
        target: String,
        answer: () -> Answer,
        failure: (APIFailure) -> Answer
    ) -> Script {
        switch self {
        case .tooManyRequests(let seconds): return Script(Self.gateway(seconds), at: now)
        case .maxlag(let seconds): return Script(failure(.maxlag(seconds: seconds, allowed: 5)), at: now)
        case .rateLimited: return Script(failure(.rateLimited), at: now)
        case .readOnly: return Script(failure(.readOnly), at: now)
        case .apiError(let code): return Script(failure(APIFailure(code: code, info: "It went wrong.")), at: now)
        case .badContinue: return Script(failure(.badContinue), at: now)
        case .httpError(let status, let seconds): return Script(Self.page(status, seconds), at: now)
        case .resetAfter(let bytes): return Self.broken(answer(), at: now, bytes, [.wait(milliseconds: 50), .reset])
        case .cutAfter(let bytes): return Self.broken(answer(), at: now, bytes, [.close])
        case .truncatedGzip: return Script(answer().asGzip().shortened(), at: now)
        case .halfJSON: return Script(answer().shortened(), at: now)
        case .garbage:
            let bytes = (0..<200).map { UInt8(truncatingIfNeeded: Chance.number(UInt64($0), 41)) }
            return Script(failure(.readOnly).with(body: [UInt8(ascii: "{")] + bytes), at: now)
        case .foreignJSON: return Script(Answer(type: "application/json", text: "{\"detail\":\"Not here\"}"), at: now)
        case .wrongContentType:
            var wrong = answer()
            wrong.headers[0].value = "text/html; charset=UTF-8"
            return Script(wrong, at: now)
        case .captivePortal:
            let page = "<!DOCTYPE html><html><title>Log in</title><body>Please log in to the network.</body></html>"
            return Script(Answer(type: "text/html", text: page), at: now)
        case .endless(let rate): return Self.endless(rate, at: now)
        case .slow(let rate):
            let right = answer()
            return Script(
                steps: [.send(right.head(at: now)), .drip(right.body, bytesPerSecond: rate)],
                status: right.status
            )
        case .silence(let seconds): return Script(steps: [.wait(milliseconds: Int(seconds * 1000)), .close])
        case .redirectLoop: return Script(Self.redirect(to: target), at: now)
        case .redirectElsewhere(let url): return Script(Self.redirect(to: url), at: now)
        case .repeatedContinue: return Script(answer(), at: now)
        case .oversized(let bytes): return Self.oversized(bytes, at: now)
        case .close: return Script(steps: [.close])
        case .reset: return Script(steps: [.reset])
        case .latency: return Script(answer(), at: now)
        }
    }

    /// Source: operations/deployment-charts, api-gateway/lua/restgw_ratelimits.lua.
    private static func gateway(_ seconds: Int?) -> Answer {
        let text = """
            You are making too many requests to the API. Please see \
            <https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits> for how to avoid this, or write to \
            bot-traffic@wikimedia.org. request-id: 2f0a4b1c-6f1e-4a52-9b6d-0c9c1de7d0a1

            """
        return Answer(
            status: 429,
            reason: "Too Many Requests",
            type: "text/plain",
            headers: seconds.map { [("Retry-After", "\($0)")] } ?? [],
            text: text
        )
    }

    private static func page(_ status: Int, _ seconds: Int?) -> Answer {
        let text = """
            <!DOCTYPE html>
            <html lang="en"><title>Wikimedia Error</title>
            <body><h1>Error</h1><p>Our servers are currently under maintenance or experiencing a technical problem.</p>
            <code>\(status)</code></body></html>

            """
        return Answer(
            status: status,
            reason: [404: "Not Found", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"][
                status
            ] ?? "Error",
            type: "text/html; charset=utf-8",
            headers: seconds.map { [("Retry-After", "\($0)")] } ?? [],
            text: text
        )
    }

    private static func redirect(to url: String) -> Answer {
        Answer(status: 302, reason: "Found", type: "text/html", headers: [("Location", url)], text: "")
    }

    private static func broken(_ answer: Answer, at now: Int64, _ bytes: Int, _ end: [Script.Step]) -> Script {
        var body = answer.body
        let part = body.readSlice(length: min(bytes, body.readableBytes)) ?? ByteBuffer()
        return Script(steps: [.send(answer.head(at: now)), .send(part)] + end, status: answer.status)
    }

    /// No length is stated: it ends when somebody has had enough.
    private static func endless(_ rate: Int, at now: Int64) -> Script {
        let head =
            "HTTP/1.1 200 OK\r\nServer: simulator\r\nDate: \(WikiTime.http(now))\r\n"
            + "Content-Type: application/json; charset=utf-8\r\nConnection: close\r\n\r\n{"
        return Script(steps: [.send(ByteBuffer(string: head)), .dripForEver(bytesPerSecond: rate)], status: 200)
    }

    private static func oversized(_ bytes: Int, at now: Int64) -> Script {
        let head =
            "HTTP/1.1 200 OK\r\nServer: simulator\r\nDate: \(WikiTime.http(now))\r\n"
            + "Content-Type: application/json; charset=utf-8\r\nContent-Length: \(bytes)\r\n\r\n"
        var steps: [Script.Step] = [.send(ByteBuffer(string: head))]
        var left = bytes
        let piece = ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 20)
        while left > 0 {
            var part = piece
            steps.append(.send(part.readSlice(length: min(left, piece.readableBytes)) ?? piece))
            left -= piece.readableBytes
        }
        return Script(steps: steps, status: 200)
    }
}

extension Script {
    /// The whole of an answer.
    init(_ answer: Answer, at now: Int64) {
        let retryAfter = answer.headers.first { $0.name == "Retry-After" }.flatMap { Int($0.value) }
        self.init(
            steps: [.send(answer.head(at: now)), .send(answer.body)],
            status: answer.status,
            retryAfter: retryAfter
        )
    }
}

extension Answer {
    func with(body: [UInt8]) -> Answer {
        var other = self
        other.body = ByteBuffer(bytes: body)
        other.isGzip = false
        other.headers.removeAll { $0.name == "MediaWiki-API-Error" }
        return other
    }

    /// With half of its body.
    fileprivate func shortened() -> Answer {
        var other = self
        other.body = body.getSlice(at: body.readerIndex, length: body.readableBytes / 2) ?? body
        return other
    }

    /// As gzip, whether it was asked for or not.
    fileprivate func asGzip() -> Answer {
        guard !isGzip else { return self }
        var writer = BodyWriter(isGzip: true, deflater: Deflater(level: 1))
        writer.write(Array(body.readableBytesView))
        var other = self
        other.body = writer.finish()
        other.isGzip = true
        return other
    }
}
