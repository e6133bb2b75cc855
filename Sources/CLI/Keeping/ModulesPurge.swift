package import Catalog
import FoundationEssentials
import Glibc
import Protocol

/// The command `modules purge`.
package enum ModulesPurge {
    /// Which texts are meant.
    package enum Choice: Sendable {
        /// Those with these hashes, in hexadecimal digits.
        case hashes([String])
        /// That of a page: of its newest revision, of the one with this number, or of all that were seen.
        case page(wiki: String, ModuleDetail.Name, revision: UInt64?, allRevisions: Bool)
    }

    /// What is to be done.
    package struct Order: Sendable {
        package var choice: Choice
        package var undo = false
        package var dryRun = false
        /// Whether nobody is to be asked.
        package var isConfirmed = false
        package var reason: String?

        package init(_ choice: Choice) { self.choice = choice }
    }

    /// Has the coordinator remove texts from all rows and keep them out, or allow them again.
    /// - Throws: ``Complaint`` for a text that there isn't, and when nobody has said yes; `CoordinatorError`.
    package static func run(_ settings: Settings, _ order: Order) async throws {
        let reason = order.reason ?? ""
        guard !reason.isEmpty || order.undo || order.dryRun else {
            throw Complaint("say --reason: a purge is remembered with it", code: Exit.usage)
        }
        let hashes = try await hashes(of: order.choice, settings)
        var request = WirePurgeSources()
        request.sha256 = hashes.map { Data($0) }
        request.undo = order.undo
        request.reason = reason
        request.requestedBy = OperatorSession.requester
        let output = try StandardOutput()
        try await OperatorSession.run(settings, "modules") { session in
            request.dryRun = true
            let before = try await send(request, session)
            try await output.write(lines(before, undo: order.undo).map { "\($0)\n" }.joined())
            if order.dryRun { return }
            if !order.isConfirmed { try confirm(order.undo ? "Undo this purge?" : "Remove them?") }
            request.dryRun = false
            let done = try await send(request, session)
            try await output.write(ending(done, undo: order.undo) + "\n")
        }
    }

    private static func send(_ request: WirePurgeSources, _ session: OperatorSession) async throws -> WireSourcesPurged
    {
        let response = try await session.send(.purgeSources(request))
        guard case .sourcesPurged(let purged) = response.body else { throw OperatorSession.surprise }
        return purged
    }

    // MARK: Which texts

    private static func hashes(of choice: Choice, _ settings: Settings) async throws -> [[UInt8]] {
        switch choice {
        case .hashes(let texts):
            let hashes = try texts.map { text in
                guard let hash = [UInt8](hexadecimal: text), hash.count == 32 else {
                    throw Complaint("\"\(text)\" is no SHA-256 in 64 hexadecimal digits", code: Exit.usage)
                }
                return hash
            }
            return hashes.uniqued()
        case .page(let wiki, let name, let revision, let allRevisions):
            var found: [[UInt8]] = []
            try await ReadSession.run(settings, .table) { session in
                guard let module = try await ModuleDetail.show(wiki, name, from: session.pool) else {
                    try await session.checkWikis([wiki])
                    throw Complaint("there is no such module on \(wiki); see: perigee modules list --wikis \(wiki)")
                }
                found = try hashes(of: module, revision: revision, allRevisions: allRevisions)
            }
            return found
        }
    }

    private static func hashes(of module: ModuleDetail, revision: UInt64?, allRevisions: Bool) throws -> [[UInt8]] {
        if let revision {
            guard let seen = module.history.first(where: { $0.revisionID == revision }) else {
                throw Complaint("revision \(revision) of it was never seen; see: perigee modules show")
            }
            guard let hash = seen.sha256 else { throw Complaint("there is no text of revision \(revision)") }
            return [hash]
        }
        var hashes: [[UInt8]] = []
        let field = module.fields.first { $0.name == ModuleColumn.sha256.rawValue }?.field
        if case .digest(let hash)? = field { hashes.append(hash) }
        if allRevisions { hashes += module.history.compactMap(\.sha256) }
        guard !hashes.isEmpty else {
            throw Complaint(
                allRevisions
                    ? "there is no text of it"
                    : "there is no text of its newest revision: name an earlier one with --revision, or --all-revisions"
            )
        }
        return hashes.uniqued()
    }

    // MARK: What is said

    static func lines(_ purged: WireSourcesPurged, undo: Bool) -> [String] {
        var lines = purged.sources.map { source in
            var parts = [
                "\(source.modules.counted("module")) on \(source.wikis.counted("wiki"))",
                "\(source.revisions.counted("revision")) seen",
            ]
            if source.wasPurged { parts.append("purged") }
            if undo, !source.wasPurged { parts.append("not purged") }
            if !source.wasStored, !source.wasPurged { parts.append("not stored here") }
            return "\(Array(source.sha256).hexadecimal)  \(parts.joined(separator: ", "))"
        }
        lines.append(
            undo
                ? "Pages that have these texts are fetched again by the next run; texts of earlier revisions stay away."
                : "Only exactly these texts are removed, on whatever wiki: one that differs by a byte stays."
        )
        return lines
    }

    private static func ending(_ purged: WireSourcesPurged, undo: Bool) -> String {
        let texts = purged.sources.count.counted("text")
        if undo { return "\(texts) allowed again" }
        return "\(texts) purged\(purged.finished ? "" : "; the coordinator goes on with the rows that had them")"
    }

    private static func confirm(_ question: String) throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw Complaint("nobody can be asked here: say --yes, or --dry-run to look", code: Exit.usage)
        }
        let prompt = Array("\(question) [y/N] ".utf8)
        _ = prompt.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw Complaint("nothing was changed")
        }
    }
}

extension [UInt8] {
    /// The bytes that hexadecimal digits of either case stand for; `nil` for anything else.
    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension [[UInt8]] {
    /// Each once, in the order in which they come first.
    fileprivate func uniqued() -> [[UInt8]] {
        var seen = Set<[UInt8]>()
        return filter { seen.insert($0).inserted }
    }
}
