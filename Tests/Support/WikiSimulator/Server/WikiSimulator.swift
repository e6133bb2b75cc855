import Concurrency
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server that is many wikis at once: their Action API, the stream of their changes, and whatever can go wrong with them.
///
/// A wiki is a folder of the server, as in the farm of real ones: `http://HOST:PORT/DBNAME/api.php`. Its site is `HOST:PORT`,
/// so the names under which the same server is known decide which wikis share one: `127.0.0.1` for all, or names below
/// `localhost`, which curl takes for this machine without asking anybody.
package final class WikiSimulator: Sendable {
    private let core: Lock<Core>
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let file: LogFile?
    /// The port that it listens at.
    package let port: Int

    /// Starts one.
    package static func start(_ settings: SimulatorSettings) async throws -> WikiSimulator {
        // One thread: what is served then doesn't depend on who was served at the same time.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let box = Lock<WikiSimulator?>(nil)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let simulator = box.withLock({ $0 }) else { throw ChannelError.ioOnClosedChannel }
                    let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(decoder),
                        Connection(simulator)
                    )
                }
            }
            .bind(host: settings.host, port: settings.port).get()
        let simulator = try WikiSimulator(settings, group, listener)
        box.withLock { $0 = simulator }
        simulator.startEditing(settings)
        return simulator
    }

    private init(
        _ settings: SimulatorSettings,
        _ group: MultiThreadedEventLoopGroup,
        _ listener: any Channel
    ) throws {
        core = Lock(Core(settings))
        self.group = group
        self.listener = listener
        port = listener.localAddress?.port ?? 0
        file = try settings.logFile.map { try LogFile($0) }
    }

    /// Stops it, and breaks off what is under way.
    package func stop() async throws {
        try await listener.close().get()
        try await group.shutdownGracefully()
    }

    /// Waits until it is stopped.
    package func wait() async throws { try await listener.closeFuture.get() }

    func withCore<Result>(
        _ body: (inout sending Core) throws -> sending Result
    ) rethrows -> sending Result {
        try core.withLock(body)
    }

    // MARK: The wikis

    /// The wikis before any edit.
    package var family: SimulatedFamily { withCore { $0.family } }

    /// What `/api.php` is appended to.
    package func url(of wiki: SimulatedWiki) -> String { withCore { $0.url(of: wiki, port: port) } }

    /// The list of wikis, in the form of `wikis sync --from FILE`.
    package func wikisFile(_ indices: Range<Int>? = nil) -> String {
        let family = family
        var text = "dbname\turl\tlang\tfamily\tclosed\n"
        for index in indices ?? 0..<family.count {
            let wiki = family[index]
            text +=
                "\(wiki.dbname)\t\(url(of: wiki))\t\(wiki.language.code)\t\(wiki.family)\t\(wiki.isClosed ? 1 : 0)\n"
        }
        return text
    }

    /// What the table of modules has to have after a walk over a wiki, in the order of titles.
    package func expectedPages(of wiki: Int) -> [ExpectedPage] {
        let state = withCore { $0.world.state(of: wiki) }
        var pages: [ExpectedPage] = []
        var from: [UInt8] = []
        while true {
            let (part, next) = state.list(from: from, limit: 500)
            pages += part.map { ExpectedPage($0, of: state.wiki) }
            guard let next else { return pages }
            from = next
        }
    }

    // MARK: Edits

    /// Does the next things that the seed has in store.
    /// - Parameters:
    ///   - actions: what may happen; by default what a list of pages shows.
    ///   - wikis: to which, by index; `nil` for all.
    @discardableResult
    package func edit(count: Int, actions: [EditAction] = EditAction.visible, wikis: [Int]? = nil) -> [Change] {
        withCore { $0.world.edit(count: count, actions: actions, wikis: wikis, time: $0.now) }
    }

    private func startEditing(_ settings: SimulatorSettings) {
        guard settings.editsPerSecond > 0 else { return }
        let pause = TimeAmount.nanoseconds(Int64(1_000_000_000 / settings.editsPerSecond))
        group.next().scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            self.edit(count: 1, actions: settings.editActions)
        }
    }

    // MARK: Faults and manners

    /// Other rules for what goes wrong; counting begins anew.
    package func setFaults(_ rules: [FaultRule]) {
        withCore { $0.script = FaultScript(rules, seed: $0.settings.seed) }
    }

    /// Answers each request to a wiki so much later.
    package func setLatency(milliseconds: Int) { withCore { $0.latency = milliseconds } }

    /// The requests so far, as far as they are kept.
    package func requests() -> [RequestRecord] { withCore { $0.log.records(now: Clocks.steady()) } }

    /// How many requests there were, those not kept included.
    package var requestCount: Int { withCore { $0.log.count } }

    /// Forgets the requests so far.
    package func forgetRequests() { withCore { $0.log.clear() } }

    /// What broke the rules of politeness.
    package func report(_ rules: PolitenessReport.Rules) -> PolitenessReport { PolitenessReport(requests(), rules) }

    // MARK: Serving

    func respond(_ request: Request) -> (script: Script, number: Int) {
        withCore { $0.respond(request, port: port) }
    }

    func openStream(_ request: Request) -> (StreamFeed, Int) {
        withCore { core in
            var record = core.record(request, wiki: "", .stream)
            record.status = 200
            let number = core.log.begin(record)
            let history = core.world.changes
            let start = StreamFeed.start(request, history) ?? history.end
            return (StreamFeed(from: start, seconds: core.settings.streamSeconds, port: port), number)
        }
    }

    func ended(_ number: Int, isAborted: Bool) {
        let record = withCore { core in
            core.log.note(number) { $0.isAborted = isAborted }
            return core.log.end(number, at: Clocks.steady())
        }
        guard let record, let file, let line = try? JSONEncoder().encode(record) else { return }
        file.write(line + [UInt8(ascii: "\n")])
    }
}
