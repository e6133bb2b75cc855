import FoundationEssentials
import Glibc
import Protocol
import Testing

@Suite struct SecretTests {
    private let nonce = [UInt8](repeating: 1, count: 16)
    private let incarnation = [UInt8](repeating: 2, count: 16)
    private let text = "0123456789abcdef"

    @Test func proofIsTheOneOfTheDocument() {
        // openssl dgst -sha256 -hmac 0123456789abcdef, over the prefix, sixteen 01, sixteen 02 and "w1".
        let proof = Secret(text.utf8).proof(nonce: nonce, incarnation: incarnation, name: "w1")
        #expect(hex(proof) == "42fab8562c53e17d3dde1fff83db7e562191de24aa2000a951b5b2cfeec7ff5e")
    }

    @Test func proofFitsOnlyWhatItWasMadeFor() {
        let secret = Secret(text.utf8)
        let proof = secret.proof(nonce: nonce, incarnation: incarnation, name: "w1")
        #expect(secret.accepts(proof, nonce: nonce, incarnation: incarnation, name: "w1"))
        #expect(!secret.accepts(proof, nonce: nonce, incarnation: incarnation, name: "w2"))
        #expect(!secret.accepts(proof, nonce: incarnation, incarnation: incarnation, name: "w1"))
        #expect(!secret.accepts(proof, nonce: nonce, incarnation: nonce, name: "w1"))
        #expect(!secret.accepts(proof.dropLast(), nonce: nonce, incarnation: incarnation, name: "w1"))
        #expect(!secret.accepts([], nonce: nonce, incarnation: incarnation, name: "w1"))
        let other = Secret("0123456789abcdeg".utf8)
        #expect(!other.accepts(proof, nonce: nonce, incarnation: incarnation, name: "w1"))
    }

    @Test func secretShowsNothingOfItself() {
        #expect("\(Secret(text.utf8))" == "<secret>")
        #expect(!String(reflecting: Secret(text.utf8)).contains(text))
    }

    @Test func fileHasASecretPerLine() throws {
        try withFile("first-secret-of-two\r\n\n  second-secret-of-two \n") { path in
            let secrets = try SecretFile.read(path)
            #expect(secrets.count == 2)
            let proofs = ["first-secret-of-two", "second-secret-of-two"].map { proof(Secret($0.utf8)) }
            #expect(secrets.map(proof) == proofs)
        }
    }

    @Test(arguments: [0o604, 0o640, 0o620, 0o601] as [mode_t])
    func fileThatOthersMayUseIsRefused(_ mode: mode_t) throws {
        try withFile(text, mode: mode) { path in
            let error = #expect(throws: SecretFileError.self) { try SecretFile.read(path) }
            #expect(error?.description.contains("chmod 600 \(path)") == true)
        }
    }

    @Test(arguments: ["", "\n \r\n"]) func emptyFileIsRefused(_ content: String) throws {
        try withFile(content) { path in
            let error = #expect(throws: SecretFileError.self) { try SecretFile.read(path) }
            #expect(error?.problem.contains("openssl rand") == true)
        }
    }

    @Test func shortSecretIsRefusedWithoutBeingShown() throws {
        try withFile("\(text)\nfifteen-letters") { path in
            let error = try #require(throws: SecretFileError.self) { try SecretFile.read(path) }
            #expect(error.problem.contains("16 characters"))
            #expect(!"\(error)".contains("fifteen"))
        }
    }

    @Test func missingFileIsSaid() throws {
        let error = try #require(throws: SecretFileError.self) { try SecretFile.read("/nonexistent/secret") }
        #expect(error.description == "the secret file /nonexistent/secret can't be used: No such file or directory")
    }

    @Test func directoryIsNoSecret() throws {
        let directory = FileManager.default.temporaryDirectory.path
        let error = try #require(throws: SecretFileError.self) { try SecretFile.read(directory) }
        #expect(error.problem == "it isn't a file")
    }

    private func proof(_ secret: Secret) -> [UInt8] {
        secret.proof(nonce: nonce, incarnation: incarnation, name: "w")
    }

    private func withFile(_ content: String, mode: mode_t = 0o600, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)").path
        try Data(content.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(chmod(path, mode) == 0)
        try body(path)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
