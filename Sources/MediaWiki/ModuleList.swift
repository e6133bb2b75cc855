package import FoundationEssentials
import HTTPFetch

/// A part of the list of a wiki's pages in namespace 828, in the order of their titles' bytes.
package struct ModuleList: Sendable, Equatable {
    /// The pages, as many as the wiki gives at once: 500, or 5000 for an account with `apihighlimits`.
    package let pages: [PageInfo]
    /// Where the next part starts (`gapcontinue`, a title); `nil` after the last part. It can be stored: a walk goes on
    /// from it at any time.
    package let next: String?
    /// When the wiki gave the list, by its own clock.
    package let observedAt: Date
}

extension ActionAPI {
    /// The list of modules from `continuation` on, or from the start. One request, unless the wiki cuts its answer.
    /// - Throws: ``APIError``; with `noModuleNamespace` when the wiki has no Scribunto, with `badContinue` when the
    ///   continuation isn't valid.
    package func moduleList(from continuation: String? = nil) async throws(APIError) -> ModuleList {
        let parameters = [
            HTTPFormField("generator", "allpages"), HTTPFormField("gapnamespace", "\(Self.moduleNamespace)"),
            HTTPFormField("gaplimit", "max"), HTTPFormField("prop", "info"),
        ]
        var sent: [String: String] = continuation.map { ["gapcontinue": $0, "continue": "gapcontinue||"] } ?? [:]
        var listed: Set<Int64> = []
        var infos: [Int64: PageInfo] = [:]
        var observedAt: Date?
        for _ in 0..<maximumParts {
            let answer = try await query(parameters, continuation: sent)
            // The list is as old as its first part.
            if observedAt == nil { observedAt = try time(of: answer) }
            // A page that is flagged as missing went away while the list was made.
            for page in answer.pages where page.missing?.isSet != true {
                guard let id = page.pageid else { throw unexpected("a listed page without an id") }
                listed.insert(id)
                if let info = page.info { infos[id] = info }
            }
            if answer.isBatchComplete, let observedAt {
                if let id = listed.subtracting(infos.keys).min() {
                    throw unexpected("page \(id) is listed without its facts")
                }
                let next = answer.continuation?["gapcontinue"]
                if let next { try check(next, isBehind: continuation ?? "") }
                return ModuleList(
                    pages: infos.values.sorted { $0.title < $1.title },
                    next: next,
                    observedAt: observedAt
                )
            }
            guard let next = answer.continuation, next != sent else { throw unexpected("a list that doesn't go on") }
            sent = next
        }
        throw unexpected("a list in more than \(maximumParts) parts")
    }

    /// `gapcontinue` is a `page_title`, and the list is in the order of their bytes: one that doesn't move on would make the
    /// walk go round for ever. Source: MediaWiki, ApiQueryAllPages::run.
    private func check(_ next: String, isBehind sent: String) throws(APIError) {
        guard sent.utf8.lexicographicallyPrecedes(next.utf8) else {
            throw unexpected("a list that goes on at \"\(next)\", which isn't behind \"\(sent)\"")
        }
    }
}

/// A list of facts is hardly ever cut; a wiki that cuts it this often is broken.
private let maximumParts = 20
