import Concurrency
import FoundationEssentials
package import Jobs
import MediaWiki

/// Kind `follow`: reads a stream of the changes of all wikis, and notes of which wikis the modules have changed.
///
/// It goes on until it is cancelled. What it notes and where it has got to in the stream are written together, so that
/// whoever goes on misses nothing. What is noted twice is harmless: it only makes a wiki be looked at again.
package struct FollowWork: Work {
    package let kind = JobKind.follow
    package let isEndless = true

    package init() {}

    package func run(_ context: WorkContext) async throws -> [String: UInt64] {
        let url = try FollowParameters(parameters: context.parameters).url
        guard context.settings.hasContact || !UserAgent.requiresContact(url) else {
            throw CannotBeDone.withoutContact
        }
        let session = FollowSession(
            context: context,
            url: url,
            position: try await context.resume(FollowPosition.self) ?? FollowPosition()
        )
        try await session.loadWikis()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await session.read() }
                group.addTask { try await session.write() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let error as PutOff {
            // What was read before is written before the job goes back.
            try await session.commit()
            throw error
        }
        throw Stopping()
    }
}

/// Where a job of kind `follow` has got to: its checkpoint.
struct FollowPosition: Codable, Sendable, Equatable {
    /// What the stream goes on from; `nil` before the first event.
    var lastEventID: String?
    /// When the last event was told, by the clock of the stream, in microseconds since 1970. `follow` in `status` stands on it.
    var upTo: Int64?
    /// Events read, and those of them that are about modules.
    var events: UInt64 = 0
    var noted: UInt64 = 0
    /// The latest of these, by what names them: some are read again when a connection is lost.
    var latest: [String]?
}

/// What was read from the stream and isn't written yet. It is no larger than the list of wikis.
struct FollowTally: Sendable {
    /// So many events about modules are known again.
    private static let latestLimit = 128

    var position: FollowPosition
    /// Events about modules, by wiki.
    private(set) var hints: [String: UInt64] = [:]
    /// Whether nobody knows what has changed.
    private(set) var isGap = false
    /// What is known of the wikis whose changes are noted.
    var namespaces: [String: WikiNamespace] = [:]
    /// The newest event, if its time isn't known yet.
    private var unread: [UInt8]?

    init(position: FollowPosition) { self.position = position }

    /// There may be changes that the stream will not tell.
    mutating func noteGap() { isGap = true }

    /// Takes an event. Most are about other namespaces: of these only the time of the last one is read, when it is asked for.
    mutating func take(_ json: [UInt8]) {
        position.events += 1
        guard StreamedChange.isWorthReading(json) else {
            unread = json
            return
        }
        unread = nil
        guard let change = StreamedChange(json: json) else { return }
        note(time: change)
        guard !change.isCanary, let namespace = namespaces[change.wiki] else { return }
        guard change.namespace == ActionAPI.moduleNamespace || namespace.isNamed(change.targetNamespace) else { return }
        guard isNew(change.id) else { return }
        hints[change.wiki, default: 0] += 1
        position.noted += 1
    }

    private mutating func isNew(_ id: String?) -> Bool {
        guard let id else { return true }
        var latest = position.latest ?? []
        guard !latest.contains(id) else { return false }
        latest.append(id)
        position.latest = latest.suffix(Self.latestLimit)
        return true
    }

    /// What there is to write, with the position behind it; nothing is left then.
    mutating func drain() -> (hints: [String: UInt64], isGap: Bool, position: FollowPosition) {
        readTime()
        defer {
            hints = [:]
            isGap = false
        }
        return (hints, isGap, position)
    }

    /// Reads the time of the newest event, where that wasn't done yet.
    mutating func readTime() {
        guard let json = unread else { return }
        unread = nil
        if let change = StreamedChange(json: json) { note(time: change) }
    }

    private mutating func note(time change: StreamedChange) {
        guard let time = change.time else { return }
        position.upTo = Int64((time.timeIntervalSince1970 * 1_000_000).rounded())
    }
}
