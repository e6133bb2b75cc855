import FoundationEssentials
import Jobs
import MariaDB
import Protocol
import Testing

@testable import Coordinator

@Suite struct SessionTableTests {
    private let pool = Secret("the secret of the pool".utf8)
    private let operators = Secret("the secret of operators".utf8)
    private let start = Timestamp(microseconds: 1_800_000_000_000_000)

    private func table() -> SessionTable {
        SessionTable(workerSecrets: [Secret("an older secret of the pool".utf8), pool], operatorSecrets: [operators])
    }

    private func register(
        _ nonce: Data,
        secret: Secret? = nil,
        incarnation: RandomID = .random(),
        name: String = "w1",
        _ change: (inout WireRegister) -> Void = { _ in }
    ) -> WireRegister {
        var register = WireRegister()
        register.nonce = nonce
        register.name = name
        register.incarnation = Data(incarnation.bytes)
        register.protocol = Wire.version
        register.kinds = ["modules"]
        register.slots = 2
        register.proof = Data(
            (secret ?? pool).proof(nonce: Array(nonce), incarnation: incarnation.bytes, name: name)
        )
        change(&register)
        return register
    }

    private func code(_ body: () throws(RefusalError) -> Void) -> WireRefusal.Code? {
        do throws(RefusalError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func roleFollowsFromTheSecret() throws {
        var table = table()
        for (secret, role) in [
            (pool, WireRole.worker), (Secret("an older secret of the pool".utf8), .worker), (operators, .operator),
        ] {
            let session = try table.register(register(try table.makeNonce(at: start), secret: secret), at: start)
            #expect(session.role == role)
            #expect(session.token.count == Wire.sessionLength)
            #expect(try table.touch(session.token, at: start).incarnation == session.incarnation)
        }
        #expect(table.all.count == 3)
    }

    @Test func nonceIsGoodOnce() throws {
        var table = table()
        let nonce = try table.makeNonce(at: start)
        #expect(nonce.count == Wire.idLength)
        _ = try table.register(register(nonce), at: start)
        #expect(
            code { () throws(RefusalError) in _ = try table.register(register(nonce), at: start) } == .unknownSession
        )
        #expect(table.all.count == 1)
    }

    @Test func nonceIsGoodForAMinute() throws {
        var table = table()
        let (early, late) = (try table.makeNonce(at: start), try table.makeNonce(at: start))
        _ = try table.register(register(early), at: start.advanced(by: .seconds(59)))
        let then = start.advanced(by: .seconds(60))
        #expect(code { () throws(RefusalError) in _ = try table.register(register(late), at: then) } == .unknownSession)
    }

    @Test func nonceOfAWrongSecretIsUsed() throws {
        var table = table()
        let nonce = try table.makeNonce(at: start)
        let wrong = register(nonce, secret: Secret("nobody's secret at all".utf8))
        #expect(code { () throws(RefusalError) in _ = try table.register(wrong, at: start) } == .wrongSecret)
        #expect(
            code { () throws(RefusalError) in _ = try table.register(register(nonce), at: start) } == .unknownSession
        )
        #expect(table.all.isEmpty)
    }

    @Test func proofOfAnotherNameOrIncarnationIsWrong() throws {
        var table = table()
        for change: (inout WireRegister) -> Void in [
            { $0.name = "w2" }, { $0.incarnation = Data(RandomID.random().bytes) }, { $0.proof = Data() },
        ] {
            let wrong = register(try table.makeNonce(at: start), change)
            #expect(code { () throws(RefusalError) in _ = try table.register(wrong, at: start) } == .wrongSecret)
        }
    }

    @Test func whatIsOutOfBoundsIsMalformed() throws {
        let wrong: [(inout WireRegister) -> Void] = [
            { $0.slots = 257 }, { $0.kinds = (0..<65).map { "k\($0)" } },
            { $0.kinds = [String(repeating: "k", count: 33)] }, { $0.kinds = [""] }, { $0.incarnation.removeLast() },
        ]
        var table = table()
        for change in wrong {
            let message = register(try table.makeNonce(at: start), change)
            #expect(code { () throws(RefusalError) in _ = try table.register(message, at: start) } == .malformed)
        }
        let badName = register(try table.makeNonce(at: start), name: "a b")
        #expect(code { () throws(RefusalError) in _ = try table.register(badName, at: start) } == .malformed)
        #expect(table.all.isEmpty)
    }

    @Test func operatorWithTheWorkersSecretIsToldSo() throws {
        var table = table()
        let message = register(try table.makeNonce(at: start)) { $0.slots = 0 }
        #expect(code { () throws(RefusalError) in _ = try table.register(message, at: start) } == .forbidden)
        #expect(table.all.isEmpty)
    }

    @Test func operatorNeedsNoSlots() throws {
        var table = table()
        let session = try table.register(
            register(try table.makeNonce(at: start), secret: operators) {
                $0.slots = 0
                $0.kinds = []
            },
            at: start
        )
        #expect(session.role == .operator)
    }

    @Test(arguments: [0, 2] as [UInt32]) func otherProtocolsAreRefused(_ version: UInt32) throws {
        var table = table()
        let message = register(try table.makeNonce(at: start)) { $0.protocol = version }
        #expect(code { () throws(RefusalError) in _ = try table.register(message, at: start) } == .unsupportedVersion)
    }

    @Test func longTextsAreCutAsTheDatabaseCountsThem() throws {
        var table = table()
        // One character for people, 41 for the database.
        let clef = "e" + String(repeating: "\u{301}", count: 40)
        let session = try table.register(
            register(try table.makeNonce(at: start)) {
                $0.software = String(repeating: clef, count: 60)
                $0.host = String(repeating: clef, count: 60)
            },
            at: start
        )
        #expect(session.software.unicodeScalars.count == 64)
        #expect(session.host.unicodeScalars.count == 255)
    }

    @Test func secondRegistrationReplacesTheFirst() throws {
        var table = table()
        let incarnation = RandomID.random()
        let first = try table.register(
            register(try table.makeNonce(at: start), incarnation: incarnation),
            at: start
        )
        let second = try table.register(
            register(try table.makeNonce(at: start), incarnation: incarnation),
            at: start
        )
        #expect(table.all.map(\.token) == [second.token])
        #expect(!table.contains(first.token))
        #expect(code { () throws(RefusalError) in _ = try table.touch(first.token, at: start) } == .unknownSession)
        #expect(table.session(of: incarnation)?.token == second.token)
        table.remove(first)
        #expect(table.session(of: incarnation)?.token == second.token)
    }

    @Test func nameInUseIsNotRefused() throws {
        var table = table()
        for _ in 1...2 { _ = try table.register(register(try table.makeNonce(at: start)), at: start) }
        #expect(table.all.map(\.name) == ["w1", "w1"])
    }

    @Test func silentSessionIsForgottenAfterTenMinutes() throws {
        var table = table()
        let silent = try table.register(register(try table.makeNonce(at: start)), at: start)
        let alive = try table.register(register(try table.makeNonce(at: start)), at: start)
        _ = try table.touch(alive.token, at: start.advanced(by: .seconds(1)))
        #expect(table.forgetSilent(at: start.advanced(by: .seconds(599))).isEmpty)
        #expect(table.forgetSilent(at: start.advanced(by: .seconds(600))).map(\.token) == [silent.token])
        #expect(table.all.map(\.token) == [alive.token])
    }

    @Test func noncesAndSessionsAreBounded() throws {
        var table = table()
        for _ in 0..<SessionTable.maximumNonces { _ = try table.makeNonce(at: start) }
        #expect(code { () throws(RefusalError) in _ = try table.makeNonce(at: start) } == .overloaded)
        let later = start.advanced(by: .seconds(60))
        for _ in 0..<SessionTable.maximumSessions {
            _ = try table.register(register(try table.makeNonce(at: later)), at: later)
        }
        let one = register(try table.makeNonce(at: later))
        #expect(code { () throws(RefusalError) in _ = try table.register(one, at: later) } == .overloaded)
    }
}
