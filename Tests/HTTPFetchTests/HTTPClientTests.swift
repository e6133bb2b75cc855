import HTTPFetch
import Testing

/// Against a real nginx.
@Suite(.serialized, .timeLimit(.minutes(3))) struct HTTPClientTests {
    private static let text = Array(String(repeating: "local p = {}\nreturn p\n", count: 4000).utf8)
    private static let noise = (0..<3_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }

    private let server: NginxServer
    private let client: HTTPClient

    init() async throws {
        server = try await NginxServer(files: ["small.txt": Self.text, "noise.bin": Self.noise])
        client = try HTTPClient(
            HTTPClientSettings(
                userAgent: "PerigeeTest/1 (nobody@example.org; bot)",
                maximumConnectionsPerHost: 2,
                maximumRequests: 4000,
                certificateAuthorityFile: server.certificateFile
            )
        )
    }

    @Test func plainAnswer() async throws {
        let response = try await client.fetch(
            HTTPRequest(url: server.plainURL + "/small.txt", acceptsCompression: false)
        )
        #expect(response.status == 200)
        #expect(response.body == Self.text)
        #expect(response.headers["content-LENGTH"] == "\(Self.text.count)")
        #expect(response.headers["Content-Encoding"] == nil)
        #expect(response.effectiveURL == server.plainURL + "/small.txt")
        #expect(response.wireBytes > Self.text.count)
    }

    @Test func compressedAnswer() async throws {
        let response = try await client.fetch(HTTPRequest(url: server.secureURL + "/small.txt"))
        #expect(response.body == Self.text)
        #expect(response.headers["Content-Encoding"] == "gzip")
        #expect(response.wireBytes < Self.text.count / 10)
    }

    @Test func failureStatusIsAnAnswer() async throws {
        let response = try await client.fetch(HTTPRequest(url: server.plainURL + "/unavailable"))
        #expect(response.status == 503)
        #expect(response.headers["retry-after"] == "7")
        #expect(response.body == Array("later".utf8))
        #expect(try await client.fetch(HTTPRequest(url: server.plainURL + "/absent")).status == 404)
    }

    @Test func userAgentIsSent() async throws {
        let response = try await client.fetch(HTTPRequest(url: server.plainURL + "/echo-agent"))
        #expect(String(decoding: response.body, as: UTF8.self) == "PerigeeTest/1 (nobody@example.org; bot)")
    }

    @Test(arguments: [
        (HTTPRequest.ByteRange(first: 10, last: 19), 10..<20),
        (HTTPRequest.ByteRange(first: 2_999_990), 2_999_990..<3_000_000),
    ])
    func range(_ range: HTTPRequest.ByteRange, _ bytes: Range<Int>) async throws {
        let response = try await client.fetch(HTTPRequest(url: server.plainURL + "/noise.bin", range: range))
        #expect(response.status == 206)
        #expect(response.headers["Content-Range"] == "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/3000000")
        #expect(response.body == Array(Self.noise[bytes]))
    }

    @Test func manyRequestsOverFewConnections() async throws {
        for base in [server.plainURL, server.secureURL] {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        let response = try await client.fetch(HTTPRequest(url: base + "/small.txt?\(number)"))
                        return response.status == 200 && response.body == Self.text
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
        let lines = try server.accessLog().filter { $0.contains("/small.txt?") }.map { $0.split(separator: " ") }
        for version in ["HTTP/1.1", "HTTP/2.0"] {
            let ofVersion = lines.filter { $0[4] == version }
            #expect(Set(ofVersion.map { $0[1] }).count == 2000)
            #expect(ofVersion.count == 2000)
            #expect(Set(ofVersion.map { $0[3] }).count <= 2)
        }
    }

    @Test func untrustedCertificate() async throws {
        let stranger = try HTTPClient(HTTPClientSettings(userAgent: "test"))
        let error = await #expect(throws: HTTPError.self) {
            try await stranger.fetch(HTTPRequest(url: server.secureURL + "/small.txt"))
        }
        #expect(error?.code == .tls)
        #expect(error?.isTransient == false)
    }

    @Test func nameOfTheCertificateIsChecked() async throws {
        let url = server.secureURL.replacing("localhost", with: "127.0.0.1")
        let error = await #expect(throws: HTTPError.self) {
            try await client.fetch(HTTPRequest(url: url + "/small.txt"))
        }
        #expect(error?.code == .tls)
    }

    @Test func libraryHasAVersion() {
        #expect(HTTPClient.library.wholeMatch(of: /libcurl\/[0-9]+(\.[0-9]+)+.*/) != nil)
    }

    @Test func redirects() async throws {
        let unfollowed = try await client.fetch(HTTPRequest(url: server.plainURL + "/here"))
        #expect(unfollowed.status == 302)

        var request = HTTPRequest(url: server.secureURL + "/here", redirects: .sameHost(maximum: 1))
        let followed = try await client.fetch(request)
        #expect(followed.status == 200)
        #expect(followed.body == Self.text)
        #expect(followed.effectiveURL == server.secureURL + "/small.txt")

        request.url = server.secureURL + "/loop"
        request.redirects = .sameHost(maximum: 5)
        let error = await #expect(throws: HTTPError.self) { try await client.fetch(request) }
        #expect(error?.code == .redirectRefused)
        #expect(try server.accessLog().filter { $0.contains(" /loop ") }.count == 6)
    }

    @Test func stream() async throws {
        let stream = try await client.stream(
            HTTPRequest(url: server.secureURL + "/noise.bin", acceptsCompression: false)
        )
        #expect(stream.head.status == 200)
        var body: [UInt8] = []
        for try await chunk in stream {
            #expect(!chunk.isEmpty && chunk.count <= HTTPClient.streamBufferBytes)
            body += chunk
        }
        #expect(body == Self.noise)
        #expect(stream.wireBytes > body.count)
    }

    @Test func shutdownEndsEverything() async throws {
        #expect(try await client.fetch(HTTPRequest(url: server.plainURL + "/ready")).status == 204)
        await client.shutdown()
        await client.shutdown()
        let error = await #expect(throws: HTTPError.self) {
            try await client.fetch(HTTPRequest(url: server.plainURL + "/ready"))
        }
        #expect(error?.code == .shutDown)
    }

    @Test(arguments: ["", "nonsense", "/w/api.php", "ftp://localhost/", "file:///etc/passwd", "http://", "http://a b/"])
    func invalidURL(_ url: String) async throws {
        let error = await #expect(throws: HTTPError.self) { try await client.fetch(HTTPRequest(url: url)) }
        #expect(error?.code == .invalidURL)
    }

    @Test func headerThatBreaksTheMessage() async throws {
        let request = HTTPRequest(url: server.plainURL + "/ready", headers: [.init("X-One", "1\r\nX-Two: 2")])
        let error = await #expect(throws: HTTPError.self) { try await client.fetch(request) }
        #expect(error?.code == .invalidRequest)
    }
}
