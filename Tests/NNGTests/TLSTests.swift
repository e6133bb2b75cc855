import Dispatch
import Foundation
import NNG
import Testing

extension SocketTests {
    @Suite(.timeLimit(.minutes(5)))
    struct TLSTests {
        /// The error of connecting with `files` to a replier with `replierFiles`, which answers others as before then.
        private func connectError(_ files: TLSFiles, to replierFiles: TLSFiles? = nil) async throws -> NNGError {
            try await withReplier(files: replierFiles) { replier in
                let requester = try Requester(address: replier.boundAddress, tls: files)
                let error = try await errorOf { try await requester.connect(within: .seconds(30)) }
                #expect(!requester.isConnected)
                #expect(error.operation == .dial)
                await requester.close(within: .seconds(5))
                if replierFiles == nil { try await replier.probe(tls: self.files(of: "worker1"), within: .seconds(30)) }
                return error
            }
        }

        private func files(of name: String) async throws -> TLSFiles { try await Certificates.shared.files(name) }

        @Test func replierOfAnotherAuthorityIsRefused() async throws {
            let error = try await connectError(Certificates.shared.files("worker1", trusted: "other"))
            #expect(error.code == .crypto)
            #expect(!error.isConnectivity)
            #expect(error.description.contains("CA file"))
        }

        @Test func replierOfAnotherNameIsRefused() async throws {
            let elsewhere = try await files(of: "elsewhere.test")
            let error = try await connectError(files(of: "worker1"), to: elsewhere)
            #expect(error.code == .crypto)
            #expect(error.description.contains("server name"))
            // And by a name that it has it isn't.
            try await withReplier(files: elsewhere) { replier in
                var files = try await files(of: "worker1")
                files.serverName = "elsewhere.test"
                try await replier.probe(tls: files, within: .seconds(30))
            }
        }

        @Test func workerCantPoseAsTheReplier() async throws {
            let error = try await connectError(files(of: "operator1"), to: files(of: "worker1"))
            #expect(error.code == .crypto)
        }

        @Test func requesterOfAnotherAuthorityIsRefused() async throws {
            let error = try await connectError(Certificates.shared.files("worker1", signer: "other"))
            #expect([.crypto, .connectionShut].contains(error.code), "\(error)")
            #expect(!error.isConnectivity)
            #expect(error.description.contains("our certificate"))
        }

        @Test func requesterWithoutCertificateIsRefused() async throws {
            let certificates = try await Certificates.shared
            try await withReplier { replier in
                let port = try #require(replier.boundAddress.split(separator: ":").last)
                let connect = [
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificates.path("good/ca.crt"),
                    "-verify_hostname", "localhost", "-verify_return_error", "-tls1_2",
                ]
                let identity = [
                    "-cert", certificates.path("good/worker1.crt"), "-key", certificates.path("good/worker1.key"),
                ]
                #expect(try await Output.of("/usr/bin/openssl", connect).status != 0)
                // And with one it isn't.
                #expect(try await Output.of("/usr/bin/openssl", connect + identity).status == 0)
                try await eventually { replier.connections == 0 }
                try await replier.probe(tls: files(of: "worker1"), within: .seconds(30))
            }
        }

        @Test func expiredPeerIsRefused() async throws {
            let certificates = try await Certificates.shared
            let server = Process()
            server.executableURL = URL(filePath: "/usr/bin/openssl")
            server.arguments = [
                "s_server", "-accept", "127.0.0.1:0", "-naccept", "1",
                "-cert", certificates.path("good/expired.test.crt"), "-key", certificates.path("good/expired.test.key"),
            ]
            let pipe = Pipe()
            server.standardInput = Pipe()
            server.standardOutput = pipe
            server.standardError = FileHandle.nullDevice
            try server.run()
            defer {
                server.terminate()
                server.waitUntilExit()
            }
            var text = ""
            while text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)/) == nil {
                let data = pipe.fileHandleForReading.availableData
                try #require(!data.isEmpty, "openssl has ended: \(text)")
                text += String(decoding: data, as: UTF8.self)
            }
            let port = try #require(text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)/)?.1)
            var files = try await files(of: "worker1")
            files.serverName = "expired.test"
            let requester = try Requester(address: "tls+tcp://127.0.0.1:\(port)", tls: files)
            let error = try await errorOf { try await requester.connect(within: .seconds(30)) }
            #expect(error.code == .crypto)
            #expect(error.description.contains("neither has expired"))
            await requester.close(within: .seconds(5))
        }

        @Test func revokedCertificateIsRefusedAfterAnUpdate() async throws {
            let certificates = try await Certificates.shared
            try await withReplier { replier in
                let operatorFiles = try await files(of: "operator1")
                let worker = try await Requester(address: replier.boundAddress, tls: files(of: "worker1"))
                try await worker.connect(within: .seconds(30))
                try await replier.probe(tls: operatorFiles, within: .seconds(30))

                var revoking = try await files(of: "localhost")
                revoking.revocations = try await certificates.revoke("operator1")
                try await replier.updateTLS(revoking)
                // The connection that stands isn't touched.
                #expect(worker.isConnected)
                #expect(try await worker.ask([1]) == [1])
                let error = try await errorOf { try await replier.probe(tls: operatorFiles, within: .seconds(30)) }
                #expect([.crypto, .connectionShut].contains(error.code), "\(error)")
                #expect(error.description.contains("revoked"))
                try await replier.probe(tls: files(of: "worker1"), within: .seconds(30))

                try await replier.updateTLS(files(of: "localhost"))
                try await replier.probe(tls: operatorFiles, within: .seconds(30))

                // What can't be used changes nothing.
                await #expect(throws: TLSFileError.self) {
                    try await replier.updateTLS(certificates.files("nobody"))
                }
                try await replier.probe(tls: operatorFiles, within: .seconds(30))
                await worker.close(within: .seconds(5))
            }
        }

        @Test func filesThatCantBeUsedAreNamed() async throws {
            let certificates = try await Certificates.shared
            let good = try await files(of: "worker1")
            func error(_ files: TLSFiles) async throws -> TLSFileError {
                let requester = try Requester(address: "tls+tcp://localhost:1", tls: files)
                do { try await requester.connect(within: .seconds(30)) } catch let error as TLSFileError {
                    return error
                }
                throw NoError()
            }
            for path in [\TLSFiles.authority, \.certificate, \.key] {
                var files = good
                files[keyPath: path] = "/nonexistent/file"
                #expect(
                    try await error(files)
                        == TLSFileError(path: "/nonexistent/file", problem: .unreadable("No such file or directory"))
                )
                // A file of PEM, but not that.
                files[keyPath: path] = certificates.path(path == \.key ? "good/ca.crt" : "good/ca.key")
                let block = path == \.key ? "PRIVATE KEY" : "CERTIFICATE"
                #expect(
                    try await error(files) == TLSFileError(path: files[keyPath: path], problem: .notPEM(block: block))
                )
            }
            let expired = try await error(files(of: "expired"))
            #expect(expired.path == certificates.path("good/expired.crt"))
            #expect(expired.description.contains("expired at 20"))
            #expect(expired.description.contains("issue a new one"))

            var unnamed = good
            unnamed.serverName = nil
            #expect(try await error(unnamed).problem == .noServerName)
            unnamed.serverName = "127.0.0.1"
            #expect(try await error(unnamed).problem == .addressAsServerName("127.0.0.1"))

            let broken = certificates.path("broken.key")
            try "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".write(
                toFile: broken,
                atomically: true,
                encoding: .utf8
            )
            var files = good
            files.key = broken
            let refused = try await error(files)
            #expect(refused == TLSFileError(path: broken, problem: .refused))
            #expect(!refused.description.contains("AAAA"))
        }

        @Test func oneValidCertificateOfABundleIsEnough() async throws {
            let certificates = try await Certificates.shared
            func text(_ name: String) throws -> String {
                try String(contentsOfFile: certificates.path(name), encoding: .utf8)
            }
            let bundle = certificates.path("bundle.crt")
            try (text("good/expired.crt") + text("good/ca.crt")).write(
                toFile: bundle,
                atomically: true,
                encoding: .utf8
            )
            try await withReplier { replier in
                var bundled = try await files(of: "worker1")
                bundled.authority = bundle
                #expect(try bundled.authorityExpiry() > Date())
                let requester = try Requester(address: replier.boundAddress, tls: bundled)
                try await requester.connect(within: .seconds(30))
                await requester.close(within: .seconds(5))
            }
            var outdated = try await files(of: "worker1")
            outdated.authority = certificates.path("good/expired.crt")
            let requester = try Requester(address: "tls+tcp://localhost:1", tls: outdated)
            await #expect(throws: TLSFileError.self) { try await requester.connect(within: .seconds(30)) }
        }

        @Test func expiryOfTheCertificateIsWhatOpensslSays() async throws {
            let files = try await files(of: "localhost")
            let seconds = Int(try files.certificateExpiry().timeIntervalSinceNow.rounded())
            // -checkend N: whether it runs out within N seconds.
            func runsOut(within seconds: Int) async throws -> Bool {
                try await Output.of(
                    "/usr/bin/openssl",
                    ["x509", "-in", files.certificate, "-noout", "-checkend", "\(seconds)"]
                ).status != 0
            }
            #expect(try await runsOut(within: seconds + 60))
            #expect(try await !runsOut(within: seconds - 60))
        }
    }
}
