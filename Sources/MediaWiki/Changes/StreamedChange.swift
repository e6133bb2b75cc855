package import FoundationEssentials

/// What an event of Wikimedia's stream `recentchange` says, as far as it matters here.
///
/// Source: the schema `mediawiki/recentchange` of https://schema.wikimedia.org, and RCFeed of MediaWiki.
package struct StreamedChange: Sendable, Equatable {
    /// What names the event; `nil` where nothing does, or more than 64 bytes.
    package let id: String?
    /// The wiki's database name.
    package let wiki: String
    /// The namespace of the page that it is about.
    package let namespace: Int?
    /// The full title that a page was moved to, with the namespace's local name; `nil` where none was moved.
    package let target: String?
    /// When it was told.
    package let time: Date?
    /// Whether it is made up, to see whether the stream works.
    package let isCanary: Bool

    /// Reads an event; `nil` when it isn't in this form.
    package init?(json: [UInt8]) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(json)) else { return nil }
        id = event.meta?.id.flatMap { (1...64).contains($0.utf8.count) ? $0 : nil }
        isCanary = event.meta?.domain == "canary"
        guard let wiki = event.wiki, WikiDescription.isDBName(wiki) else { return nil }
        self.wiki = wiki
        namespace = event.namespace
        target = event.log_type == "move" ? event.log_params?.target : nil
        time = event.meta?.dt.flatMap { Date(streamTime: $0) }
    }

    /// The name of the namespace that a page was moved to, with spaces; `nil` where none was moved, or only to a title
    /// without a namespace.
    package var targetNamespace: String? {
        guard let target, let colon = target.firstIndex(of: ":") else { return nil }
        return String(target[..<colon]).replacing("_", with: " ")
    }

    /// Whether an event may concern modules or be a move, by a look that costs little: a busy stream is mostly about other
    /// namespaces.
    package static func isWorthReading(_ json: [UInt8]) -> Bool {
        json.contains(namespaceDigits) || json.contains(moveWord)
    }

    private static let namespaceDigits = Array("828".utf8)
    private static let moveWord = Array("\"move\"".utf8)

    private struct Event: Decodable {
        let meta: Meta?
        let wiki: String?
        let namespace: Int?
        let log_type: String?
        let log_params: Parameters?

        struct Meta: Decodable {
            let id: String?
            let domain: String?
            let dt: String?
        }

        struct Parameters: Decodable { let target: String? }

        private enum CodingKeys: String, CodingKey { case meta, wiki, namespace, log_type, log_params }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            meta = try? container.decodeIfPresent(Meta.self, forKey: .meta)
            wiki = try? container.decodeIfPresent(String.self, forKey: .wiki)
            namespace = try? container.decodeIfPresent(Int.self, forKey: .namespace)
            log_type = try? container.decodeIfPresent(String.self, forKey: .log_type)
            // An empty list where there are none, a text for some logs.
            log_params = try? container.decodeIfPresent(Parameters.self, forKey: .log_params)
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        withUnsafeBytes { whole in
            guard let first = part.first, whole.count >= part.count else { return false }
            var start = 0
            while start <= whole.count - part.count {
                if whole[start] == first, part.indices.allSatisfy({ whole[start + $0] == part[$0] }) { return true }
                start += 1
            }
            return false
        }
    }
}

extension Date {
    /// `2026-11-22T06:10:00.123Z`, as the stream gives it; with or without parts of a second, which aren't kept.
    init?(streamTime text: String) {
        guard let point = text.firstIndex(of: "."), text.hasSuffix("Z") else {
            self.init(wikiTime: text)
            return
        }
        self.init(wikiTime: "\(text[..<point])Z")
    }
}
