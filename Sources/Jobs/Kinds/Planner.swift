/// Turns kinds × wikis into jobs. Pure: what is in the tables comes in, what is to be inserted goes out.
package struct Planner: Sendable {
    private let kinds: KindCatalog

    /// A job that isn't in the table yet.
    package struct Draft: Sendable, Equatable {
        package let kind: JobKind
        package let wiki: String
        package let shard: String
        package let resource: Resource
        package let expectedItems: UInt64
        /// Kinds of the same run and wiki that it has to wait for.
        package let waitsFor: [JobKind]
    }

    package init(kinds: KindCatalog) {
        self.kinds = kinds
    }

    /// The jobs of a run, those that others wait for before them.
    package func drafts(kinds wanted: [JobKind], wikis: [WikiFacts], parameters: [UInt8]) throws -> [Draft] {
        try inOrder(wanted).flatMap { spec in
            let shard = try spec.shard(parameters)
            let waitsFor = spec.waitsFor.filter(wanted.contains)
            func draft(_ wiki: WikiFacts?) throws -> Draft {
                Draft(
                    kind: spec.kind,
                    wiki: wiki?.dbname ?? "",
                    shard: shard,
                    resource: try spec.resource(wiki, parameters),
                    expectedItems: wiki?.knownModules ?? 0,
                    waitsFor: waitsFor
                )
            }
            switch spec.scope {
            case .fleet: return [try draft(nil)]
            case .wiki(let includes): return try wikis.filter(includes).map(draft)
            }
        }
    }

    /// The specs of the wanted kinds, each after those that it waits for. Unknown ones are left out.
    private func inOrder(_ wanted: [JobKind]) -> [KindSpec] {
        var ordered: [KindSpec] = []
        func visit(_ kind: JobKind) {
            guard wanted.contains(kind), !ordered.contains(where: { $0.kind == kind }), let spec = kinds[kind] else {
                return
            }
            spec.waitsFor.forEach(visit)
            ordered.append(spec)
        }
        wanted.forEach(visit)
        return ordered
    }
}
