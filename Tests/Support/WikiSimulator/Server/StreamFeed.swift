import FoundationEssentials
import NIOCore

/// What one reader of the stream of events gets. Source: Wikimedia's EventStreams (KafkaSSE): the id of an event says where
/// to go on behind it, by the time of the event plus one millisecond.
final class StreamFeed {
    private var offset: Int
    private let end: UInt64
    private let port: Int

    /// How long a reader who has all waits for more.
    static let pause = TimeAmount.milliseconds(50)
    private static let batch = 100
    private static let topic = "eqiad.mediawiki.recentchange"
    /// One event in so many is followed by one that stands for nothing, as it does on the real stream.
    private static let canaryEvery = 50

    init(from offset: Int, seconds: Int, port: Int) {
        self.offset = offset
        self.port = port
        end = Clocks.steady() + UInt64(seconds) * 1_000_000_000
    }

    /// Where a reader wants to start; `nil` for now.
    static func start(_ request: Request, _ history: ChangeHistory) -> Int? {
        struct Position: Decodable {
            let topic: String
            let timestamp: Int64?
            let offset: Int?
        }
        if let id = request.header("Last-Event-ID"),
            let positions = try? JSONDecoder().decode([Position].self, from: Data(id.utf8)),
            let position = positions.first(where: { $0.topic == topic })
        {
            if let time = position.timestamp { return history.offset(since: time) }
            if let offset = position.offset, offset >= 0 { return min(max(offset, history.start), history.end) }
        }
        guard let since = request.parameters()["since"], let time = WikiTime.parse(since) else { return nil }
        // Plain digits are milliseconds.
        return history.offset(since: since.allSatisfy(\.isNumber) ? time : time * 1000)
    }

    /// The head and the first line.
    var opening: [Script.Step] {
        let text =
            "HTTP/1.1 200 OK\r\nServer: simulator\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            + "Cache-Control: no-cache\r\nConnection: close\r\n\r\n:ok\n\n"
        return [.send(ByteBuffer(string: text))]
    }

    /// What has come since the last call; nothing when nothing has.
    func next(from simulator: WikiSimulator) -> [Script.Step] {
        guard Clocks.steady() < end else { return [.close] }
        let (text, next) = simulator.withCore { core in
            let history = core.world.changes
            var text = ""
            var place = max(offset, history.start)
            let last = min(history.end, place + Self.batch)
            while place < last {
                text += Self.event(history[place], core, port)
                if place % Self.canaryEvery == 0 { text += Self.canary(history[place]) }
                place += 1
            }
            return (text, place)
        }
        offset = next
        return text.isEmpty ? [] : [.send(ByteBuffer(string: text))]
    }

    private static func lines(_ change: Change, _ json: String) -> String {
        let id =
            "[{\"topic\":\"\(topic)\",\"partition\":0,\"timestamp\":\(change.time + 1)},"
            + "{\"topic\":\"codfw.mediawiki.recentchange\",\"partition\":0,\"offset\":-1}]"
        return "event: message\nid: \(id)\ndata: \(json)\n\n"
    }

    private static func meta(_ change: Change, uri: String, domain: String, part: UInt64) -> String {
        func hex(_ number: UInt64, _ digits: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text.suffix(digits)
        }
        let number = Chance.number(UInt64(change.offset), part, 50)
        let id =
            "\(hex(number, 8))-\(hex(number >> 32, 4))-4\(hex(number >> 8, 3))-8\(hex(number >> 12, 3))-\(hex(number >> 4, 12))"
        let milliseconds = String(1000 + change.time % 1000).dropFirst()
        return
            "\"$schema\":\"/mediawiki/recentchange/1.0.0\",\"meta\":{\"uri\":\(JSONText.string(uri)),"
            + "\"request_id\":\"\(id)\",\"id\":\"\(id)\","
            + "\"dt\":\"\(WikiTime.iso(change.timestamp).dropLast()).\(milliseconds)Z\",\"domain\":\"\(domain)\","
            + "\"stream\":\"mediawiki.recentchange\",\"topic\":\"\(topic)\",\"partition\":0,"
            + "\"offset\":\(change.offset)}"
    }

    private static func canary(_ change: Change) -> String {
        lines(
            change,
            "{\(meta(change, uri: "https://canary/wiki", domain: "canary", part: 1)),\"type\":\"edit\",\"wiki\":\"canary\"}"
        )
    }

    /// In the schema mediawiki/recentchange 1.0.0. Source: MediaWiki, MachineReadableRCFeedFormatter.
    private static func event(_ change: Change, _ core: Core, _ port: Int) -> String {
        let wiki = core.family[change.wiki]
        let url = core.url(of: wiki, port: port)
        let names = [2: wiki.language.userNamespace, 828: wiki.language.moduleNamespace]
        func full(_ namespace: Int, _ title: [UInt8]) -> String {
            "\(names[namespace] ?? ""):\(String(decoding: title, as: UTF8.self))"
        }
        let key = full(change.namespace, change.title)
        let title = JSONText.string(key.replacing("_", with: " "))
        let domain = url.dropFirst("http://".count).prefix { $0 != ":" && $0 != "/" }
        let server = url.dropLast(wiki.dbname.utf8.count + 1)
        let type = change.kind.isLogged ? "log" : change.kind.rawValue
        var text =
            "{\(meta(change, uri: "\(url)/wiki/\(key)", domain: String(domain), part: 0)),\"id\":\(change.changeID),"
            + "\"type\":\"\(type)\",\"namespace\":\(change.namespace),\"title\":\(title),"
            + "\"title_url\":\(JSONText.string("\(url)/wiki/\(key)")),\"comment\":\"\(change.action.rawValue)\","
            + "\"timestamp\":\(change.timestamp),\"user\":\"Ada\",\"bot\":false,"
        if change.kind.isLogged {
            let (logType, action) = change.kind.logType
            let target = full(change.targetNamespace, change.targetTitle).replacing("_", with: " ")
            let parameters =
                change.kind == .move ? "{\"target\":\(JSONText.string(target)),\"noredir\":\"1\"}" : "[]"
            text +=
                "\"log_id\":\(change.logID),\"log_type\":\"\(logType)\",\"log_action\":\"\(action)\","
                + "\"log_params\":\(parameters),\"log_action_comment\":\"\(change.action.rawValue)\","
        } else {
            let old = change.kind == .edit
            text +=
                "\"notify_url\":\"\(url)/index.php?diff=\(change.revisionID)&oldid=\(change.oldRevisionID)\","
                + "\"minor\":false,\"length\":{\(old ? "\"old\":\(change.oldLength)," : "")\"new\":\(change.newLength)},"
                + "\"revision\":{\(old ? "\"old\":\(change.oldRevisionID)," : "")\"new\":\(change.revisionID)},"
        }
        text +=
            "\"server_url\":\"\(server)\",\"server_name\":\"\(domain)\",\"server_script_path\":\"/\(wiki.dbname)\","
            + "\"wiki\":\"\(wiki.dbname)\",\"parsedcomment\":\"\(change.action.rawValue)\"}"
        return lines(change, text)
    }
}
