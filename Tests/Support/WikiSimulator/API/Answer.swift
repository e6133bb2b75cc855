import NIOCore

/// An answer before it goes out, still without fault.
struct Answer {
    var status = 200
    var reason = "OK"
    var headers: [(name: String, value: String)]
    var body: ByteBuffer
    /// Whether `body` is compressed already.
    var isGzip = false

    /// Status line, headers and an empty line. The body's length is stated whatever comes of the body.
    func head(at seconds: Int64) -> ByteBuffer {
        var text = "HTTP/1.1 \(status) \(reason)\r\nServer: simulator\r\nDate: \(WikiTime.http(seconds))\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if isGzip { text += "Content-Encoding: gzip\r\n" }
        text += "Content-Length: \(body.readableBytes)\r\n\r\n"
        return ByteBuffer(string: text)
    }

    /// Text of any type.
    init(
        status: Int = 200,
        reason: String = "OK",
        type: String,
        headers: [(name: String, value: String)] = [],
        text: String
    ) {
        self.status = status
        self.reason = reason
        self.headers = [("Content-Type", type)] + headers
        body = ByteBuffer(string: text)
    }

    /// An answer of the API.
    init(json body: ByteBuffer, isGzip: Bool, headers: [(name: String, value: String)] = []) {
        self.headers =
            [
                ("Content-Type", "application/json; charset=utf-8"), ("X-Content-Type-Options", "nosniff"),
            ] + headers + [
                ("X-Frame-Options", "DENY"), ("Vary", "Accept-Encoding, Treat-as-Untrusted, Cookie"),
                ("Cache-Control", "private, must-revalidate, max-age=0"),
            ]
        self.body = body
        self.isGzip = isGzip
    }
}
