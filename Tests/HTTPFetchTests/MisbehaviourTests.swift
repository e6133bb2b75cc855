import Concurrency
import HTTPFetch
import RawServer
import Testing

/// Against servers that do what they shouldn't.
@Suite(.timeLimit(.minutes(3))) struct MisbehaviourTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient(HTTPClientSettings(userAgent: "test", maximumConnectionsPerHost: 1)) }

    private func failure(_ request: HTTPRequest) async -> HTTPError? {
        await #expect(throws: HTTPError.self) { try await client.fetch(request) }
    }

    @Test func noAnswer() async throws {
        let server = try RawServer { $0.waitForClose() }
        let error = await failure(HTTPRequest(url: server.url, deadline: .milliseconds(200)))
        #expect(error?.code == .timeout)
        #expect(error?.isTransient == true)
    }

    @Test func endlessSlowBodyStalls() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while connection.write("x") { block(milliseconds: 20) }
        }
        let request = HTTPRequest(url: server.url, stallDeadline: .milliseconds(400), minimumBytesPerSecond: 1000)
        #expect(await failure(request)?.code == .stalled)
    }

    @Test func silenceInTheBodyStalls() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            connection.waitForClose()
        }
        let error = await failure(HTTPRequest(url: server.url, stallDeadline: .milliseconds(100)))
        #expect(error?.code == .stalled)
        #expect(error?.message.contains("5 bytes of body in all") == true)
    }

    @Test func slowButSteadyBodyIsFine() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
            for _ in 0..<20 {
                connection.write("x")
                block(milliseconds: 30)
            }
        }
        let response = try await client.fetch(HTTPRequest(url: server.url, stallDeadline: .milliseconds(300)))
        #expect(response.body.count == 20)
    }

    @Test func resetInTheBody() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf")
            connection.reset()
        }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .connectionLost)
    }

    @Test func bodyShorterThanPromised() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf")
        }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .connectionLost)
    }

    @Test func refusedConnection() async throws {
        let port = try #require(LoopbackAddress.freePort())
        let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
        #expect(error?.code == .cannotConnect)
        #expect(error?.curlCode == 7)
    }

    @Test func unknownHost() async throws {
        let error = await failure(HTTPRequest(url: "http://no-such-host.invalid/"))
        #expect(error?.code == .cannotResolve)
    }

    @Test func somethingThatIsNotHTTP() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .protocolError)
    }

    @Test func endlessHeaders() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            let line = "X-Filler: " + String(repeating: "x", count: 1000) + "\r\n"
            while connection.write(line) {}
        }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .protocolError)
    }

    @Test func brotli() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.respond(headers: ["Content-Encoding: br"], body: CompressedSamples.brotli)
        }
        #expect(try await client.fetch(HTTPRequest(url: server.url)).body == CompressedSamples.plain)
    }

    /// libcurl takes a gzip that stops early for whole when the connection just closes.
    @Test(arguments: ["", "Content-Length: 51\r\n", "Transfer-Encoding: chunked\r\n"])
    func truncatedGzip(_ framing: String) async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\(framing)\r\n")
            if framing.contains("chunked") { connection.write("33\r\n") }
            connection.write(Array(CompressedSamples.gzip.dropLast(12)))
        }
        let request = HTTPRequest(url: server.url)
        let expected: HTTPError.Code = framing.isEmpty ? .badContentEncoding : .connectionLost
        #expect(await failure(request)?.code == expected)
        let error = await #expect(throws: HTTPError.self) { for try await _ in try await client.stream(request) {} }
        #expect(error?.code == expected)
    }

    @Test func brokenGzip() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.respond(headers: ["Content-Encoding: gzip"], body: Array("no gzip at all, but text".utf8))
        }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .badContentEncoding)
    }

    @Test func decompressionBomb() async throws {
        let bomb = try CompressedSamples.gzipOfZeros(megabytes: 256)
        #expect(bomb.count < 1 << 20)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.respond(headers: ["Content-Encoding: gzip"], body: bomb)
        }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .bodyTooLarge)
    }

    @Test(arguments: [(64 << 20, true), ((64 << 20) + 1, false)], [true, false])
    func limitIsExact(_ sample: (length: Int, fits: Bool), namesLength: Bool) async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            connection.write(
                "HTTP/1.1 200 OK\r\n" + (namesLength ? "Content-Length: \(sample.length)\r\n\r\n" : "\r\n")
            )
            for _ in 0..<(sample.length / piece.count) where !connection.write(piece) { return }
            connection.write([UInt8](repeating: 7, count: sample.length % piece.count))
        }
        if sample.fits {
            #expect(try await client.fetch(HTTPRequest(url: server.url)).body.count == sample.length)
        } else {
            #expect(await failure(HTTPRequest(url: server.url))?.code == .bodyTooLarge)
        }
    }

    @Test(arguments: ["http://127.0.0.2:1/", "//elsewhere.invalid/x", "https://127.0.0.1/", "ftp://127.0.0.1/"])
    func redirectElsewhere(_ location: String) async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.respond("301 Moved", headers: ["Location: \(location)"])
        }
        let error = await failure(HTTPRequest(url: server.url, redirects: .sameHost(maximum: 3)))
        #expect(error?.code == .redirectRefused)
        #expect(error?.isTransient == false)
    }

    @Test func formIsPosted() async throws {
        let seen = Lock<[String]>([])
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                seen.withLock {
                    $0.append(request.head.prefix(4) + " " + String(decoding: request.body, as: UTF8.self))
                }
                connection.respond("303 See Other", headers: seen.withLock { $0.count } == 1 ? ["Location: /next"] : [])
            }
        }
        var request = HTTPRequest(url: server.url, method: .post(form: [HTTPFormField("titles", "A|B c")]))
        request.redirects = .sameHost(maximum: 2)
        #expect(try await client.fetch(request).status == 303)
        #expect(seen.withLock { $0 } == ["POST titles=A%7CB%20c", "GET  "])
    }

    @Test func errorNamesNoSecret() async throws {
        let port = try #require(LoopbackAddress.freePort())
        let url = "http://user:hush@127.0.0.1:\(port)/w/api.php?action=query&lgtoken=hush&x=1#hush"
        let error = try #require(await failure(HTTPRequest(url: url)))
        #expect(error.url == "http://127.0.0.1:\(port)/w/api.php?action=query&lgtoken=***&x=1")
        #expect(!"\(error)".contains("hush"))
    }
}
