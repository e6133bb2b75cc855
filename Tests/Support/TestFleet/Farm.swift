import FoundationEssentials
import Glibc

/// A family of real wikis, run by `ops/wikifarm`.
package struct Farm: Sendable {
    /// What is said to those whose tests are skipped.
    package static let hint = """
        FARM_ENV doesn't name the farm.env of a farm that is up: run ops/test, or ops/wikifarm up and set it
        """

    /// The farm that the environment variable `FARM_ENV` names, shared by all: it may be read, and not changed.
    package static let given: Farm? = getenv("FARM_ENV").flatMap { try? Farm(file: String(cString: $0)) }

    private static let copying = Task {
        guard let given else { throw FleetError(hint) }
        let sandbox = try await Sandbox.shared.value
        let directory = try sandbox.makeDirectory("farm")
        sandbox.watch(farm: directory)
        try await wikifarm(["up", "--from", given.directory, "--while", "\(getpid())"], in: directory)
        return try Farm(file: "\(directory)/farm.env")
    }

    /// A farm of this process alone with the first content of ``given``, for tests that change it one after the other.
    package static var own: Farm { get async throws { try await copying.value } }

    private let variables: [String: String]

    private init(file: String) throws {
        guard let text = FileManager.default.contents(atPath: file) else { throw FleetError("\(file) can't be read") }
        var variables: [String: String] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            variables[String(parts[0])] = String(parts[1].drop { $0 == "\"" }.prefix { $0 != "\"" })
        }
        self.variables = variables
        guard !directory.isEmpty, !base.isEmpty else { throw FleetError("\(file) isn't the farm.env of a farm") }
    }

    package var directory: String { variables["FARM_DIRECTORY"] ?? "" }
    /// `http://127.0.0.1:PORT`; a wiki is at its database's name below it.
    package var base: String { variables["FARM_BASE"] ?? "" }
    /// The list of wikis, and that of one without Scribunto, in the form of `wikis sync --from FILE`.
    package var wikisFile: String { variables["FARM_WIKIS"] ?? "" }
    package var extraFile: String { variables["FARM_EXTRA"] ?? "" }
    /// The name and bot password of an account with `apihighlimits`, a line each.
    package var botPasswordFile: String { "\(directory)/private/bot.pass" }
    /// The settings for `meta_p` on the farm's database.
    package var metaSettings: TestFleet.Settings {
        [
            "meta.defaults_file": variables["FARM_DATABASE_OPTION_FILE"] ?? "",
            "meta.host": variables["FARM_DATABASE_HOST"] ?? "",
            "meta.port": variables["FARM_DATABASE_PORT"] ?? "",
            "meta.database": variables["FARM_META_DATABASE"] ?? "",
            // Its wikis are folders of one host.
            "http.script_path": "",
        ]
    }

    /// The database names of the list of wikis.
    package func wikis() throws -> [String] {
        let text = FileManager.default.contents(atPath: wikisFile) ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst()
            .map { String($0.prefix { $0 != "\t" }) }
    }

    // MARK: What it holds

    /// A page of namespace 828.
    package struct Page: Sendable, Hashable {
        package let title: [UInt8]
        package let lastRevisionID: UInt64
        package let contentModel: String
        package let length: Int
        /// In hexadecimal, of the text as the API gives it; empty for what is not Scribunto, and for a text that is lost.
        package let sha1: String
        package let isRedirect: Bool

        package init(
            title: [UInt8],
            lastRevisionID: UInt64,
            contentModel: String,
            length: Int,
            sha1: String,
            isRedirect: Bool
        ) {
            self.title = title
            self.lastRevisionID = lastRevisionID
            self.contentModel = contentModel
            self.length = length
            self.sha1 = sha1
            self.isRedirect = isRedirect
        }

        /// Whether it is to be fetched when it has changed: the others have no text that is kept.
        package var hasText: Bool { contentModel == "Scribunto" || isRedirect }
    }

    /// What names a page.
    package struct PageKey: Sendable, Hashable, CustomStringConvertible {
        package let dbname: String
        package let pageID: UInt64

        package init(dbname: String, pageID: UInt64) {
            self.dbname = dbname
            self.pageID = pageID
        }

        package var description: String { "\(dbname) page \(pageID)" }
    }

    /// All pages of namespace 828, from the wikis' own tables, without MediaWiki in between.
    package func truth() async throws -> [PageKey: Page] {
        let output = try await Self.wikifarm(["truth"], in: directory)
        // Titles are bytes, but all of the farm's are UTF-8.
        let lines = output.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        guard let header = lines.first?.map(String.init) else { throw FleetError("no truth") }
        var pages: [PageKey: Page] = [:]
        for line in lines.dropFirst() {
            let field = Dictionary(zip(header, line.map(String.init)), uniquingKeysWith: { first, _ in first })
            guard let dbname = field["dbname"], let pageID = field["page_id"].flatMap({ UInt64($0) }),
                let title = field["page_title"], let latest = field["page_latest"].flatMap({ UInt64($0) }),
                let model = field["page_content_model"], let length = field["page_len"].flatMap({ Int($0) }),
                let sha1 = field["api_sha1"], let redirect = field["page_is_redirect"]
            else { throw FleetError("a line of truth that makes no sense: \(line)") }
            pages[PageKey(dbname: dbname, pageID: pageID)] = Page(
                title: Array(title.utf8),
                lastRevisionID: latest,
                contentModel: model,
                length: length,
                sha1: model == "Scribunto" ? sha1 : "",
                isRedirect: redirect == "1"
            )
        }
        return pages
    }

    /// Changes pages on all wikis, in all ways.
    /// - Returns: the names of the actions, one for each change.
    package func edit(count: Int, seed: Int) async throws -> [String] {
        try await Self.wikifarm(["edit", "--count", "\(count)", "--seed", "\(seed)"], in: directory)
            .split(separator: "\n").compactMap { line in
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                return fields.count > 1 ? String(fields[1]) : nil
            }
    }

    /// Runs SQL on one of its databases.
    package func execute(_ sql: String, on database: String) async throws {
        try await Self.wikifarm(["sql", database, "-e", sql], in: directory)
    }

    /// The first column of what SQL on one of its databases gives.
    package func strings(_ sql: String, on database: String) async throws -> [String] {
        try await Self.wikifarm(["sql", database, "--skip-column-names", "-e", sql], in: directory)
            .split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }

    @discardableResult
    private static func wikifarm(_ arguments: [String], in directory: String) async throws -> String {
        let place = try await Sandbox.shared.value.makeDirectory("wikifarm")
        let name = arguments.first ?? ""
        // What follows sql's database goes to its client.
        let command = arguments.first.map { [$0, "--directory", directory] + arguments.dropFirst() } ?? []
        let output = try await Output.of(
            [Checkout.path("ops/wikifarm")] + command,
            name: name,
            in: place,
            within: .seconds(300)
        )
        guard output.code == 0 else {
            throw FleetError("ops/wikifarm \(name) ended with \(output.code): \(output.standardError.suffix(2000))")
        }
        return output.standardOutput
    }

    // MARK: What it was asked

    /// A request to the API of a wiki, as the web server has logged it.
    package struct Request: Sendable, Decodable {
        package let wiki: String
        package let script: String
        package let uri: String
        package let status: Int
        package let end: Double
        package let seconds: Double
        package let agent: String
        package let encoding: String

        /// Whether it asks for the texts of pages.
        package var asksForContent: Bool { uri.contains("rvprop=") }
        /// Whether it asks for the rest of an answer that was cut.
        package var continuesCutAnswer: Bool { uri.contains("rvcontinue=") }
    }

    /// The requests so far whose User-Agent has this in it, in the order in which they ended.
    package func requests(agent: String) throws -> [Request] {
        guard let log = FileManager.default.contents(atPath: variables["FARM_REQUESTS"] ?? "") else {
            throw FleetError("the web server's log can't be read")
        }
        let decoder = JSONDecoder()
        return try log.split(separator: UInt8(ascii: "\n"))
            .map { try decoder.decode(Request.self, from: Data($0)) }
            .filter { $0.script == "api" && $0.agent.contains(agent) }
    }
}

extension Collection<Farm.Request> {
    /// The most that were in flight at one moment. Times are whole milliseconds: a request that begins in the one in which
    /// another ends doesn't overlap it.
    package var mostInFlight: Int {
        var steps: [(time: Int, step: Int)] = []
        for request in self {
            let end = Int((request.end * 1000).rounded())
            let duration = Int((request.seconds * 1000).rounded())
            steps.append((end - duration, 1))
            steps.append((end, -1))
        }
        var (now, most) = (0, isEmpty ? 0 : 1)
        for step in steps.sorted(by: { ($0.time, $0.step) < ($1.time, $1.step) }) {
            now += step.step
            most = Swift.max(most, now)
        }
        return most
    }
}
