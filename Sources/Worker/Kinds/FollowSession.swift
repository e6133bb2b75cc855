import Catalog
import Concurrency
import FoundationEssentials
import HTTPFetch
import Logging
import MariaDB
import MediaWiki

/// What is known of a wiki's namespace of modules.
typealias WikiNamespace = WikiChanges.NotedWiki.Namespace

extension WikiNamespace {
    /// Whether pages that are moved to a namespace called `name` are modules from then on, as far as is known.
    func isNamed(_ name: String?) -> Bool {
        guard let name else { return false }
        return switch self {
        case .unknown: true
        case .none: false
        case .named(let own): own.utf8.elementsEqual(name.utf8) || name == "Module"
        }
    }
}

/// The two sides of following a stream, in one process: one reads, the other writes what was read every few seconds.
final class FollowSession: Sendable {
    private let context: WorkContext
    private let url: String
    private let tally: Lock<FollowTally>

    /// What was noted waits for so long at most before it is written.
    private static let noteInterval = Duration.seconds(2)
    /// Where nothing was noted, only the position is written.
    private static let positionInterval = Duration.seconds(15)
    /// How often it is looked whether the work is to stop.
    private static let tick = Duration.milliseconds(100)
    private static let wikiInterval = Duration.seconds(60)
    /// A stream that says nothing for so long is asked for anew: the connection may be dead.
    private static let silence = Duration.seconds(120)
    /// A connection that ends earlier, and brought nothing, is no stream.
    private static let shortest = Duration.seconds(1)
    /// A longer wait isn't slept on a lease.
    private static let longestSleep = Duration.seconds(5)
    /// The wait before the stream is asked for anew, where it doesn't say itself.
    private static let standardRetry = Duration.seconds(1)
    /// The waits after connections that brought nothing, and how many of them there are before the job is put off.
    private static let retryPolicy = RetryPolicy(
        initialDelay: .seconds(1),
        maximumDelay: .seconds(4),
        maximumAttempts: 4
    )
    private static let putOffWait = Duration.seconds(60)
    /// Wikimedia's streams hold a week or more. Source: Wikitech, "Event Platform/EventStreams".
    private static let streamReach = Duration.seconds(6 * 86_400)
    /// What is read again after a connection was lost: the millisecond of the last event.
    private static let rewinding = Duration.milliseconds(1)
    /// Between two events of one connection and the next lies less, unless the stream has forgotten what was in between.
    private static let longestGap = Duration.seconds(3600)

    init(context: WorkContext, url: String, position: FollowPosition) {
        self.context = context
        self.url = url
        tally = Lock(FollowTally(position: position))
    }

    /// Takes the wikis from the table.
    func loadWikis() async throws {
        let wikis = try await WikiChanges(context.pool).notedWikis()
        let namespaces = Dictionary(wikis.map { ($0.dbname, $0.namespace) }, uniquingKeysWith: { first, _ in first })
        tally.withLock { $0.namespaces = namespaces }
    }

    // MARK: Writing

    /// Writes what was read, again and again.
    /// - Throws: when the work is to stop, after the last of it was written.
    func write() async throws {
        var writtenAt = ContinuousClock.now
        var wikisAt = ContinuousClock.now
        while true {
            do {
                try context.checkContinue()
            } catch let error as Stopping {
                try await commit()
                throw error
            }
            let hasNews = tally.withLock { !$0.hints.isEmpty || $0.isGap }
            let now = ContinuousClock.now
            if now - writtenAt >= (hasNews ? Self.noteInterval : Self.positionInterval) {
                try await commit()
                writtenAt = now
            }
            if now - wikisAt >= Self.wikiInterval {
                try await loadWikis()
                wikisAt = now
            }
            try await Task.sleep(for: Self.tick)
        }
    }

    /// Writes what was read so far, with the position behind it.
    func commit() async throws {
        let (hints, isGap, position) = tally.withLock { $0.drain() }
        try await context.commit(position, itemsDone: position.events) { transaction in
            if isGap { try await WikiChanges.noteAll(in: transaction) }
            try await WikiChanges.note(hints, in: transaction)
        }
    }

    // MARK: Reading

    /// Reads the stream, connection after connection. That one ends is normal.
    /// - Throws: ``PutOff`` when there is no stream for a while; ``CannotBeDone`` when there will be none.
    func read() async throws {
        var failures = 0
        var retry = Self.standardRetry
        while true {
            try await context.nextRequest()
            let id = resumption()
            var problem: String?
            let before = tally.withLock { $0.position.events }
            let beganAt = ContinuousClock.now
            do {
                retry = try await readConnection(from: id) ?? retry
                if .now - beganAt < Self.shortest { problem = "it ends at once" }
            } catch let error as HTTPError {
                guard error.code != .cancelled, error.code != .shutDown else { throw CancellationError() }
                guard error.isTransient else { throw CannotBeDone("\(error)") }
                // One that says nothing is no failure.
                if error.code != .stalled { problem = "\(error)" }
            }
            var wait = retry
            if let problem, tally.withLock({ $0.position.events }) == before {
                failures += 1
                guard let delay = Self.retryPolicy.delay(afterFailedAttempts: failures) else {
                    throw PutOff(description: "the stream isn't there: \(problem)", wait: Self.putOffWait)
                }
                wait = max(wait, delay)
            } else {
                failures = 0
            }
            guard wait <= Self.longestSleep else {
                throw PutOff(description: "\(url) wants to be asked again after \(wait)", wait: wait)
            }
            try await Task.sleep(for: wait)
        }
    }

    /// What to go on from. Where that is nothing, or too old, any wiki may have changed.
    private func resumption() -> String? {
        let now = Timestamp.now
        return tally.withLock { tally in
            tally.readTime()
            if let upTo = tally.position.upTo, Timestamp(microseconds: upTo).duration(to: now) > Self.streamReach {
                tally.position.lastEventID = nil
            }
            if tally.position.lastEventID?.isEmpty ?? true { tally.position.lastEventID = nil }
            return tally.position.lastEventID
        }
    }

    /// Reads one connection to its end.
    /// - Returns: the time after which the stream wants to be asked again, where it says so.
    private func readConnection(from id: String?) async throws -> Duration? {
        var headers = [
            HTTPHeaders.Field("Accept", "text/event-stream"), HTTPHeaders.Field("Cache-Control", "no-cache"),
        ]
        if let id { headers.append(HTTPHeaders.Field("Last-Event-ID", StreamPosition.rewound(id, by: Self.rewinding))) }
        let stream = try await context.http.stream(
            HTTPRequest(
                url: url,
                headers: headers,
                deadline: nil,
                stallDeadline: Self.silence,
                bodyLimit: nil,
                acceptsCompression: false,
                redirects: .sameHost(maximum: 3)
            )
        )
        try check(stream.head, resumed: id != nil)
        context.logger.debug("the stream is open", metadata: ["perigee.resumed": "\(id != nil)"])
        if id == nil { tally.withLock { $0.noteGap() } }
        var parser = ServerSentEventParser(lastEventID: id)
        var isFirst = id != nil
        for try await piece in stream {
            let events = parser.take(piece)
            let last = parser.lastEventID
            guard !events.isEmpty else { continue }
            let isBeginning = isFirst
            isFirst = false
            tally.withLock { tally in
                let before = tally.position.upTo
                for (index, event) in events.enumerated() {
                    tally.take(event.data)
                    if isBeginning, index == 0 {
                        tally.readTime()
                        tally.noteGap(after: before, longest: Self.longestGap)
                    }
                }
                tally.position.lastEventID = last
            }
        }
        return parser.retry
    }

    private func check(_ head: HTTPResponseHead, resumed: Bool) throws {
        switch head.status {
        case 200:
            let type = head.headers["Content-Type"] ?? ""
            guard type.lowercased().hasPrefix("text/event-stream") else {
                throw CannotBeDone("\(url) gives \"\(type.prefix(80))\", no stream of events; is --url right?")
            }
        case let status where resumed && [400, 410, 416, 422].contains(status):
            // It doesn't know the place any more.
            tally.withLock { $0.position.lastEventID = nil }
            throw PutOff(
                description: "the stream can't go on from where it was left (HTTP \(status))",
                wait: .seconds(5)
            )
        case 408, 425, 429, 500...:
            let wait = head.headers["Retry-After"].flatMap { APIError.parse(retryAfter: $0, now: Date()) }
            throw PutOff(
                description: "the stream answers with HTTP \(head.status)",
                wait: max(wait ?? Self.putOffWait, .seconds(5))
            )
        default:
            throw CannotBeDone("\(url) answers with HTTP \(head.status); is --url right?")
        }
    }
}

extension FollowTally {
    /// Compares the newest event with the one before it, of an earlier connection.
    mutating func noteGap(after before: Int64?, longest: Duration) {
        guard let before, let upTo = position.upTo,
            Timestamp(microseconds: before).duration(to: Timestamp(microseconds: upTo)) > longest
        else { return }
        noteGap()
    }
}
