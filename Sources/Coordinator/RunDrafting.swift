package import Catalog
package import Jobs

/// Finds out which jobs a run is made of. It reads tables, and changes nothing.
package struct RunDrafting: Sendable {
    private let wikis: WikiTable
    private let kinds: KindCatalog

    /// A job of the run, with what is known of its wiki.
    package struct Drafted: Sendable {
        package let draft: Planner.Draft
        /// `nil` for a kind that isn't about one wiki.
        package let wiki: WikiFacts?
    }

    /// Reads by the pool of `wikis`.
    package init(wikis: WikiTable, kinds: KindCatalog) {
        self.wikis = wikis
        self.kinds = kinds
    }

    /// The jobs of a run, those that others wait for before them; one at least.
    /// - Throws: `RunRefused` for a run that can't be planned; what a `ConnectionPool` throws.
    package func drafts(for request: RunRequest) async throws -> [Drafted] {
        try check(request)
        let facts = try await wikiFacts(for: request)
        let drafts: [Planner.Draft]
        do {
            drafts = try Planner(kinds: kinds).drafts(
                kinds: request.kinds,
                wikis: facts,
                parameters: request.parameters
            )
        } catch let error as InvalidParameters {
            throw RunRefused.badParameters(error)
        }
        guard !drafts.isEmpty else { throw RunRefused.nothingToDo }
        let byName = Dictionary(facts.map { ($0.dbname, $0) }, uniquingKeysWith: { first, _ in first })
        return drafts.map { Drafted(draft: $0, wiki: byName[$0.wiki]) }
    }

    private func check(_ request: RunRequest) throws {
        guard !request.kinds.isEmpty else { throw RunRefused.nothingToDo }
        for kind in request.kinds {
            guard let spec = kinds[kind] else {
                throw RunRefused.unknownKind(kind.rawValue, known: kinds.kinds.map(\.rawValue))
            }
            do {
                try spec.checkParameters(request.parameters)
            } catch let error as InvalidParameters {
                throw RunRefused.badParameters(error)
            }
        }
    }

    private func wikiFacts(for request: RunRequest) async throws -> [WikiFacts] {
        let needed = request.kinds.contains { kinds[$0]?.scope != .fleet }
        guard needed else { return [] }
        let records = try await wikis.harvestable(named: request.wikis, family: request.family)
        let found = Set(records.map(\.dbname))
        let missing = request.wikis.filter { !found.contains($0) }
        guard missing.isEmpty else { throw try await whyLeftOut(missing, family: request.family) }
        return records.map(WikiFacts.init)
    }

    /// Why some of the wikis that were named can't be worked on: the reason of the first, and all that have the same.
    private func whyLeftOut(_ names: [String], family: String?) async throws -> RunRefused {
        var reasons: [String?] = []
        // So many names make a message long enough.
        for name in names.prefix(20) {
            let record = try await wikis.record(name)
            reasons.append(
                record.map { record in
                    if record.isPrivate { return "they are private" }
                    if record.vanishedAt != nil { return "their list of wikis names them no more" }
                    return "they aren't of the family \(family ?? "")"
                }
            )
        }
        let why = reasons.contains(nil) ? nil : reasons[0]
        let same = zip(names, reasons).filter { $1 == why }.map(\.0)
        return why.map { .wikisLeftOut(same, why: $0) } ?? .unknownWikis(same)
    }
}

extension WikiFacts {
    init(_ record: WikiRecord) {
        self.init(
            dbname: record.dbname,
            site: record.site,
            family: record.family,
            isPrivate: record.isPrivate,
            knownModules: UInt64(clamping: record.knownModules),
            isWalked: record.walkedAt != nil
        )
    }
}
