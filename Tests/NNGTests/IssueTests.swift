import Certificates
import Foundation
import Testing

/// `deploy/tls/issue`, beyond what the other tests use of it.
@Suite(.timeLimit(.minutes(5)))
struct IssueTests {
    @Test func nothingIsOverwritten() async throws {
        let certificates = try await Certificates.shared
        let before = try Data(contentsOf: URL(filePath: certificates.path("good/worker1.key")))
        for arguments in [["worker", "worker1"], ["operator", "worker1"], ["coordinator", "worker1"]] {
            let output = try await certificates.issue("good", arguments[0], arguments[1])
            #expect(output.status == 1)
            #expect(output.text.split(separator: "\n").count == 1)
            #expect(output.text.contains("is there already"))
        }
        #expect(try await certificates.issue("good", "ca").status == 1)
        #expect(try Data(contentsOf: URL(filePath: certificates.path("good/worker1.key"))) == before)
    }

    @Test func keysAreForTheirOwnerOnly() async throws {
        let certificates = try await Certificates.shared
        for name in ["ca", "localhost", "worker1", "operator1"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: certificates.path("good/\(name).key"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: certificates.path("good"))
        #expect(names.filter { $0.hasPrefix(".") } == [])
    }

    static let mistakes: [([String], Int32)] = [
        (["worker"], 64), (["worker", "a", "b"], 64), (["worker", "../a"], 64), (["worker", "a,DNS:b"], 64),
        (["coordinator", "10.0.0.1"], 64), (["--days", "many", "worker", "a"], 64), (["nothing"], 64),
        (["worker", "ca"], 64), (["worker", "new"], 1),
    ]

    @Test(arguments: mistakes)
    func mistakesAreSaidInOneLine(_ arguments: [String], _ status: Int32) async throws {
        let certificates = try await Certificates.shared
        // A directory without a CA.
        let output = try await Output.of(
            certificates.script,
            ["--directory", certificates.path("none-\(UUID().uuidString)")] + arguments
        )
        #expect(output.status == status)
        #expect(output.text.hasPrefix("issue: "))
        #expect(output.text.split(separator: "\n").count == 1)
    }
}
