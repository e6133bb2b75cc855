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
        var order: [Int64] = []
        var infos: [Int64: PageInfo] = [:]
        var observedAt: Date?
        for _ in 0..<maximumParts {
            let answer = try await query(parameters, continuation: sent)
            // The list is as old as its first part.
            if observedAt == nil { observedAt = try time(of: answer) }
            for page in answer.pages {
                guard let id = page.pageid, let info = page.info else { continue }
                if infos.updateValue(info, forKey: id) == nil { order.append(id) }
            }
            if answer.isBatchComplete, let observedAt {
                let pages = order.compactMap { infos[$0] }.sorted { $0.title < $1.title }
                return ModuleList(pages: pages, next: answer.continuation?["gapcontinue"], observedAt: observedAt)
            }
            guard let next = answer.continuation, next != sent else { throw unexpected("a list that doesn't go on") }
            sent = next
        }
        throw unexpected("a list in more than \(maximumParts) parts")
    }
}

/// A list of facts is hardly ever cut; a wiki that cuts it this often is broken.
private let maximumParts = 20
