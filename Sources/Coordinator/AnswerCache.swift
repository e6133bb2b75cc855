import DequeModule
import FoundationEssentials
import MariaDB

/// The answers to the latest requests of each session, so that a repeated request has no second effect.
struct AnswerCache {
    /// What is known of a request.
    enum Lookup {
        case new
        /// It is being worked on; whoever asks is answered along with it.
        case underWay
        case answered([UInt8])
    }

    private enum Entry {
        case underWay([CheckedContinuation<[UInt8], Never>])
        case answered([UInt8], Timestamp)
    }

    private struct Key: Hashable {
        let session: Data
        let request: Data
    }

    /// So many answers are kept for each session.
    static let answersPerSession = 64
    /// An answer is kept for so long.
    static let lifetime = Duration.seconds(300)

    private var entries: [Key: Entry] = [:]
    private var order: [Data: Deque<Data>] = [:]

    /// Looks up a request, and notes a new one as under way.
    mutating func begin(session: Data, request: Data, at now: Timestamp) -> Lookup {
        let key = Key(session: session, request: request)
        switch entries[key] {
        case .answered(let bytes, let time) where time.advanced(by: Self.lifetime) > now: return .answered(bytes)
        case .underWay: return .underWay
        case .answered, nil:
            if entries.updateValue(.underWay([]), forKey: key) != nil { order[session]?.removeAll { $0 == request } }
            return .new
        }
    }

    /// Has the answer to a request that is under way given to `continuation` too; nothing when it ended without effect.
    mutating func join(session: Data, request: Data, _ continuation: CheckedContinuation<[UInt8], Never>) {
        let key = Key(session: session, request: request)
        switch entries[key] {
        case .underWay(let waiting): entries[key] = .underWay(waiting + [continuation])
        case .answered(let bytes, _): continuation.resume(returning: bytes)
        case nil: continuation.resume(returning: [])
        }
    }

    /// Notes the answer and gives it to those who asked meanwhile. One that had no effect, or whose session has ended,
    /// isn't to be kept.
    mutating func end(session: Data, request: Data, answer: [UInt8], keep: Bool, at now: Timestamp) {
        let key = Key(session: session, request: request)
        if case .underWay(let waiting) = entries[key] {
            for continuation in waiting { continuation.resume(returning: answer) }
        }
        guard keep else {
            entries[key] = nil
            return
        }
        entries[key] = .answered(answer, now)
        order[session, default: []].append(request)
        if order[session, default: []].count > Self.answersPerSession, let oldest = order[session]?.popFirst() {
            entries[Key(session: session, request: oldest)] = nil
        }
    }

    /// Forgets the answers of a session that has ended.
    mutating func forget(session: Data) {
        for request in order.removeValue(forKey: session) ?? [] {
            entries[Key(session: session, request: request)] = nil
        }
    }
}
