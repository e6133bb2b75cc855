import FoundationEssentials
import Jobs
import MariaDB
import Protocol

/// Who has registered. Pure: messages and the time come in, sessions go out.
struct SessionTable: Sendable {
    /// One process that has registered.
    struct Session: Sendable {
        let token: Data
        let role: WireRole
        let incarnation: RandomID
        let name: String
        let host: String
        let processID: UInt32
        let software: String
        let kinds: [JobKind]
        let slots: Int
        var seenAt: Timestamp
    }

    /// A nonce that nobody used in this time is forgotten.
    static let nonceLifetime = Duration.seconds(60)
    /// A session that said nothing for so long is forgotten.
    static let sessionLifetime = Duration.seconds(600)
    static let maximumNonces = 4096
    static let maximumSessions = 4096

    private let workerSecrets: [Secret]
    private let operatorSecrets: [Secret]
    private var nonces: [Data: Timestamp] = [:]
    private var sessions: [Data: Session] = [:]
    private var tokens: [RandomID: Data] = [:]

    init(workerSecrets: [Secret], operatorSecrets: [Secret]) {
        self.workerSecrets = workerSecrets
        self.operatorSecrets = operatorSecrets
    }

    /// All sessions, by name.
    var all: [Session] { sessions.values.sorted { $0.name < $1.name } }

    /// The session of a process.
    func session(of incarnation: RandomID) -> Session? { tokens[incarnation].flatMap { sessions[$0] } }

    /// Whether there is a session with this token.
    func contains(_ token: Data) -> Bool { sessions[token] != nil }

    /// A new nonce for one `Register`.
    mutating func makeNonce(at now: Timestamp) throws(RefusalError) -> Data {
        if nonces.count >= Self.maximumNonces {
            nonces = nonces.filter { $0.value.advanced(by: Self.nonceLifetime) > now }
        }
        guard nonces.count < Self.maximumNonces else {
            throw RefusalError(.overloaded, "too many processes are registering at once", retryAfter: .seconds(5))
        }
        let nonce = Data(RandomID.random().bytes)
        nonces[nonce] = now
        return nonce
    }

    /// Checks the proof and makes a session, in place of the one that the same process had.
    mutating func register(_ register: WireRegister, at now: Timestamp) throws(RefusalError) -> Session {
        guard register.protocol == Wire.version else {
            throw RefusalError(
                .unsupportedVersion,
                "it speaks protocol \(Wire.version), the other end \(register.protocol): install the same version of Perigee"
            )
        }
        guard let incarnation = RandomID(bytes: register.incarnation) else {
            throw RefusalError(.malformed, "an incarnation has \(Wire.idLength) bytes")
        }
        guard Identity.isValidName(register.name) else {
            throw RefusalError(.malformed, "a name has 1 to 64 characters of A-Z a-z 0-9 . _ -")
        }
        guard let made = nonces.removeValue(forKey: register.nonce), made.advanced(by: Self.nonceLifetime) > now else {
            throw RefusalError(.unknownSession, "the nonce is used or too old")
        }
        let role = try role(of: register)
        if role == .worker { try checkWorker(register) }
        if let old = tokens.removeValue(forKey: incarnation) { sessions[old] = nil }
        guard sessions.count < Self.maximumSessions else {
            throw RefusalError(.overloaded, "too many processes have registered", retryAfter: .seconds(30))
        }
        let session = Session(
            token: Data(RandomID.random().bytes + RandomID.random().bytes),
            role: role,
            incarnation: incarnation,
            name: register.name,
            host: register.host.clipped(to: 255),
            processID: register.pid,
            software: register.software.clipped(to: 64),
            kinds: register.kinds.map(JobKind.init(rawValue:)),
            slots: Int(register.slots),
            seenAt: now
        )
        sessions[session.token] = session
        tokens[incarnation] = session.token
        return session
    }

    /// The session with this token, which has just said something.
    mutating func touch(_ token: Data, at now: Timestamp) throws(RefusalError) -> Session {
        guard var session = sessions[token] else {
            throw RefusalError(.unknownSession, "the session isn't known; register again")
        }
        session.seenAt = now
        sessions[token] = session
        return session
    }

    /// Ends a session.
    mutating func remove(_ session: Session) {
        sessions[session.token] = nil
        if tokens[session.incarnation] == session.token { tokens[session.incarnation] = nil }
    }

    /// Forgets the sessions that have been silent for too long, and tells them.
    mutating func forgetSilent(at now: Timestamp) -> [Session] {
        let silent = sessions.values.filter { $0.seenAt.advanced(by: Self.sessionLifetime) <= now }
        silent.forEach { remove($0) }
        return silent
    }

    private func role(of register: WireRegister) throws(RefusalError) -> WireRole {
        func fits(_ secrets: [Secret]) -> Bool {
            secrets.contains { secret in
                secret.accepts(
                    Array(register.proof),
                    nonce: Array(register.nonce),
                    incarnation: Array(register.incarnation),
                    name: register.name
                )
            }
        }
        if fits(workerSecrets) { return .worker }
        if fits(operatorSecrets) { return .operator }
        throw RefusalError(.wrongSecret, "the secret isn't one that this coordinator knows; check the secret file")
    }

    private func checkWorker(_ register: WireRegister) throws(RefusalError) {
        guard register.slots > 0 else {
            throw RefusalError(
                .forbidden,
                "the secret is the workers', and this is no worker: use the operators' secret"
            )
        }
        guard (1...256).contains(register.slots) else { throw RefusalError(.malformed, "a worker has 1 to 256 slots") }
        guard register.kinds.count <= 64, register.kinds.allSatisfy({ (1...32).contains($0.utf8.count) }) else {
            throw RefusalError(.malformed, "a worker knows at most 64 kinds, with names of at most 32 bytes")
        }
    }
}
