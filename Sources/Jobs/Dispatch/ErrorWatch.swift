package import MariaDB

/// Finds out when a kind fails on many wikis for the same reason: then it is the kind, the network or this program that is at
/// fault, and trying on would only fail one job after the other.
package struct ErrorWatch: Sendable {
    package struct Settings: Sendable, Equatable {
        /// On so many different wikis, with no success of the kind in between, an error pauses the kind; 0 for never.
        package var wikis = 10
        /// The first pause; each further one is twice as long, until the kind succeeds.
        package var firstPause: Duration = .seconds(600)
        package var longestPause: Duration = .seconds(6 * 3600)

        package init() {}
    }

    /// What has to be done: pause the kind.
    package struct Alarm: Sendable, Equatable {
        package let kind: JobKind
        package let wikis: Int
        /// The latest of the errors, as it was told.
        package let message: String
        package let pause: Duration
    }

    private struct Record: Sendable {
        var wikis: [String: Set<String>] = [:]
        var lastPause: Duration?
        var pausedUntil: Timestamp?
    }

    /// So many different errors of a kind are told apart at once.
    private static let signatureLimit = 64

    private let settings: Settings
    private var records: [JobKind: Record] = [:]

    package init(_ settings: Settings) { self.settings = settings }

    /// A job of the kind was done: whatever went wrong doesn't go wrong everywhere.
    package mutating func succeeded(_ kind: JobKind) { records[kind] = nil }

    /// A job failed. What was under way when the kind was paused isn't counted.
    package mutating func failed(_ kind: JobKind, wiki: String, message: String, at now: Timestamp) -> Alarm? {
        guard settings.wikis > 0 else { return nil }
        var record = records[kind] ?? Record()
        defer { records[kind] = record }
        if let until = record.pausedUntil, until > now { return nil }
        let signature = Self.signature(of: message, wiki: wiki)
        if record.wikis[signature] == nil, record.wikis.count >= Self.signatureLimit {
            let rarest = record.wikis.min { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
            if let rarest { record.wikis[rarest.key] = nil }
        }
        record.wikis[signature, default: []].insert(wiki)
        let count = record.wikis[signature]?.count ?? 0
        guard count >= settings.wikis else { return nil }
        let pause = min(record.lastPause.map { $0 * 2 } ?? settings.firstPause, settings.longestPause)
        record = Record(lastPause: pause, pausedUntil: now.advanced(by: pause))
        return Alarm(kind: kind, wikis: count, message: message, pause: pause)
    }

    /// Somebody has ended the pause: failures count again, and the next pause is still longer.
    package mutating func resumed(_ kind: JobKind) { records[kind]?.pausedUntil = nil }

    /// An operator's pause has taken the place of the coordinator's: what comes after it counts. `until` is `nil` for one
    /// without an end.
    package mutating func replaced(_ kind: JobKind, until: Timestamp?) {
        if records[kind]?.pausedUntil != nil { records[kind]?.pausedUntil = until }
    }

    /// A pause that an earlier coordinator made.
    package mutating func remember(_ pause: Pause) {
        guard pause.isAutomatic, pause.target.scope == .kind, let until = pause.until else { return }
        let length = pause.pausedAt.duration(to: until)
        records[JobKind(rawValue: pause.target.name)] = Record(lastPause: length, pausedUntil: until)
    }

    /// What errors with the same cause have in common: the message without the wiki's name, hosts, numbers and what stands
    /// in quotes.
    static func signature(of message: String, wiki: String) -> String {
        var (text, word) = ("", "")
        for character in message.prefix(1024) + "\n" {
            if character.isLetter || character.isNumber || character == "_" || character == "-" {
                word.append(character)
            } else {
                text += word == wiki ? "" : word
                text.append(character)
                word = ""
            }
        }
        text.replace(/"[^"]*"|\u{201C}[^\u{201D}]*\u{201D}/, with: "")
        // Not the apostrophe in a word.
        text.replace(/(^|[\s(=:])'[^']*'/) { $0.1 }
        text.replace(/[a-z][a-z0-9+]*:\/\/[^\s)]+/, with: "")
        text.replace(/\b[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[a-z]{2,}\b/, with: "")
        text.replace(/[0-9]+([.,][0-9]+)*/, with: "")
        return text
    }
}
