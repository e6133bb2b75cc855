import Foundation
import HTTPFetch
import RawServer

/// A private nginx on loopback, over HTTP/1.1 and over HTTP/2 with TLS, with files of its own.
final class NginxServer: Sendable {
    /// `http://127.0.0.1:PORT`
    let plainURL: String
    /// `https://localhost:PORT`, with HTTP/2.
    let secureURL: String
    /// What the server's certificate is to be trusted by.
    let certificateFile: String

    private let directory: URL
    private let process: Process
    private let lifeline = Pipe()

    /// Starts the server and waits until it answers. `files` are what it serves, by name.
    init(files: [String: [UInt8]]) async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "perigee-nginx-\(UUID().uuidString)")
        let root = directory.appending(path: "www")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        for (name, content) in files { try Data(content).write(to: root.appending(path: name)) }
        certificateFile = directory.appending(path: "cert.pem").path
        try await Self.makeCertificate(in: directory)
        guard let plainPort = LoopbackAddress.freePort(), let securePort = LoopbackAddress.freePort() else {
            throw NginxError(reason: "no free port")
        }
        plainURL = "http://127.0.0.1:\(plainPort)"
        secureURL = "https://localhost:\(securePort)"
        try Self.configuration(directory: directory.path, plainPort: plainPort, securePort: securePort)
            .write(to: directory.appending(path: "nginx.conf"), atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // The shell ends the server when its input closes, so also when the test process dies. SIGKILL, because threads
        // of Swift's pools block the other signals and children inherit that.
        process.arguments = [
            "-c", "/usr/sbin/nginx -p \"$1\" -c \"$1/nginx.conf\" -e error.log & read line; kill -9 $!; rm -rf \"$1\"",
            "sh", directory.path,
        ]
        process.standardInput = lifeline
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await waitUntilReady()
    }

    deinit {
        try? lifeline.fileHandleForWriting.close()
    }

    /// The lines of the access log: `METHOD URI STATUS CONNECTION-ID PROTOCOL`.
    func accessLog() throws -> [String] {
        try String(contentsOf: directory.appending(path: "access.log"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    private func waitUntilReady() async throws {
        let client = try HTTPClient(HTTPClientSettings(userAgent: "test"))
        for _ in 0..<500 {
            if (try? await client.fetch(HTTPRequest(url: plainURL + "/ready"))) != nil { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let log = try? String(contentsOf: directory.appending(path: "error.log"), encoding: .utf8)
        throw NginxError(reason: log ?? "nginx doesn't start")
    }

    private static func makeCertificate(in directory: URL) async throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments =
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
            .split(separator: " ").map(String.init) + [
                "-addext", "subjectAltName=DNS:localhost", "-keyout", directory.appending(path: "key.pem").path,
                "-out", directory.appending(path: "cert.pem").path,
            ]
        openssl.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            openssl.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try openssl.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw NginxError(reason: "openssl makes no certificate") }
    }

    private static func configuration(directory: String, plainPort: Int, securePort: Int) -> String {
        """
        daemon off;
        master_process off;
        pid \(directory)/nginx.pid;
        error_log \(directory)/error.log warn;
        events { worker_connections 512; }
        http {
            log_format perigee '$request_method $request_uri $status $connection $server_protocol';
            access_log \(directory)/access.log perigee;
            client_body_temp_path \(directory)/body;
            proxy_temp_path \(directory)/proxy;
            fastcgi_temp_path \(directory)/fastcgi;
            uwsgi_temp_path \(directory)/uwsgi;
            scgi_temp_path \(directory)/scgi;
            keepalive_requests 100000;
            default_type text/plain;
            gzip on;
            gzip_types *;
            root \(directory)/www;
            server {
                listen 127.0.0.1:\(plainPort);
                listen 127.0.0.1:\(securePort) ssl http2;
                ssl_certificate \(directory)/cert.pem;
                ssl_certificate_key \(directory)/key.pem;
                location = /ready { return 204; }
                location = /unavailable { add_header Retry-After 7 always; return 503 "later"; }
                location = /echo-agent { return 200 $http_user_agent; }
                location = /here { return 302 /small.txt; }
                location = /loop { return 301 /loop; }
            }
        }
        """
    }
}

struct NginxError: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
