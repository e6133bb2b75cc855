extension JobKind {
    /// Every page of a wiki's Module namespace, with the sources of its Scribunto modules.
    package static let modules = JobKind(rawValue: "modules")
}

extension KindSpec {
    /// One job per wiki that can be read, closed ones too.
    package static let modules = KindSpec(
        kind: .modules,
        summary: "every page of the Module namespace, with sources",
        scope: .wiki(includes: { !$0.isPrivate }),
        usesWikiAPI: true,
        checkParameters: { json in
            guard json.isEmpty else { throw InvalidParameters(kind: .modules, problem: "it takes none") }
        },
        resource: { wiki, _ in .site(wiki?.site ?? "") },
        cost: WalkCost.cost
    )
}
