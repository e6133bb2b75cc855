import Glibc
import Protocol
import Testing

@Suite struct IdentityTests {
    @Test(arguments: ["a", "worker-1", "host.example_2", String(repeating: "x", count: 64), "-", "."])
    func nameIsTaken(_ name: String) { #expect(Identity.isValidName(name)) }

    @Test(arguments: ["", String(repeating: "x", count: 65), "a b", "w\u{f6}rker", "a/b", "a\n", "a\0", "a:b"])
    func nameIsRefused(_ name: String) { #expect(!Identity.isValidName(name)) }

    @Test func nameIsMadeFromHostAndProcess() {
        let identity = Identity(incarnation: Array(0..<16), software: "1", schema: 1)
        #expect(identity.name == "\(Identity.hostName.prefix(48))-\(getpid())")
        #expect(Identity.isValidName(identity.name))
        #expect(identity.processID == UInt32(getpid()))
        #expect(Identity(name: "mine", incarnation: [], software: "1", schema: 1).name == "mine")
    }
}
