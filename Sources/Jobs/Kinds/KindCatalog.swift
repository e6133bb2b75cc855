/// All kinds that this program knows.
package struct KindCatalog: Sendable {
    private let specs: [JobKind: KindSpec]
    /// In the order in which they are listed.
    package let kinds: [JobKind]

    /// The kinds of this version.
    package static let standard = KindCatalog([.wikis, .modules, .follow])

    /// A catalogue of these kinds.
    package init(_ specs: [KindSpec]) {
        self.specs = Dictionary(specs.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        kinds = specs.map(\.kind)
    }

    /// The spec of a kind, or `nil` for one that this version doesn't know.
    package subscript(kind: JobKind) -> KindSpec? { specs[kind] }

    /// Everything that a job takes one unit of. A job of an unknown kind takes only what its row says.
    package func resources(of job: Job) -> [Resource] {
        guard specs[job.kind]?.usesWikiAPI ?? false, !job.wiki.isEmpty else { return [job.resource] }
        return [job.resource, .wiki(job.wiki)]
    }
}
