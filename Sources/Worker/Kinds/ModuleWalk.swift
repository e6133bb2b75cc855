import Catalog
import MediaWiki

/// Where the walk over one wiki's Module namespace has got to: the checkpoint of kind `modules`.
struct ModuleWalk: Codable, Sendable, Equatable {
    /// What is being done.
    enum Phase: String, Codable, Sendable {
        /// Looking, by page id, at the pages that the wiki's lists of changes name.
        case checkingChanged
        /// Going through the list of all pages of the namespace, and fetching what has changed.
        case listing
        /// Looking again, by page id, at the pages that the list doesn't have any more.
        case checkingUnseen
        /// All is written.
        case done
    }

    var phase = Phase.listing
    /// The `gapcontinue` of the part of the list that comes next; `nil` at the beginning.
    var continueFrom: String?
    /// Listed pages whose texts are still to be fetched, fewer than one request asks for: they wait for those of the next
    /// part of the list, so that few changes in a long list cost few requests.
    var pending: [Page] = []
    /// The last page id that was looked at again.
    var checkedUpTo: UInt64 = 0
    /// How often the wiki refused the continuation and the list was begun anew.
    var restarts = 0
    /// The wiki's clock when the walk began, in microseconds since 1970.
    var beganAt: Int64
    /// What has changed and is still to be looked at; `nil` for a walk over all pages.
    var changed: [Changed]?
    /// What a stream had told of the wiki before the first request.
    var hint: WikiChanges.Hint?
    var counts = Counts()

    /// A page that the wiki's lists of changes name.
    struct Changed: Codable, Sendable, Equatable {
        let id: Int64
        /// Whether it is gone when it isn't there: a log tells of it. Where there was only an edit, a replica lags.
        var mayBeGone: Bool
    }

    /// A page as the list has it.
    struct Page: Codable, Sendable, Equatable {
        let id: Int64
        let title: [UInt8]
        let lastRevisionID: Int64
        let length: Int
        let contentModel: String
        let isRedirect: Bool

        init(_ info: PageInfo) {
            id = info.pageID
            title = info.title.bytes
            lastRevisionID = info.lastRevisionID
            length = info.length
            contentModel = info.contentModel
            isRedirect = info.isRedirect
        }

        var info: PageInfo {
            PageInfo(
                pageID: id,
                namespace: ActionAPI.moduleNamespace,
                title: WikiTitle(bytes: title),
                lastRevisionID: lastRevisionID,
                length: length,
                contentModel: contentModel,
                isRedirect: isRedirect
            )
        }
    }

    /// What was done, also by workers that were lost.
    struct Counts: Codable, Sendable, Equatable {
        var requests: UInt64 = 0
        var bytes: UInt64 = 0
        /// Pages that the list has.
        var listed: UInt64 = 0
        /// Pages whose text was fetched.
        var fetched: UInt64 = 0
        var new: UInt64 = 0
        var changed: UInt64 = 0
        /// Sources that no other module had.
        var sources: UInt64 = 0
        var deleted: UInt64 = 0
        /// Lines of the wiki's lists of changes; `nil` where they weren't asked for.
        var changes: UInt64?
        /// 1 where only changes were asked for and all pages were listed: the wiki's lists don't reach back to when the tables
        /// were brought up to date, or that was never done.
        var walkedForAge: UInt64?
        /// 1 where only changes were asked for and all pages were listed, since so much had changed.
        var walkedForNumber: UInt64?
        /// Earlier revisions whose text the wiki shows no more; `nil` in a checkpoint of a version that didn't look.
        var withdrawn: UInt64?

        var byName: [String: UInt64] {
            var byName = [
                "requests": requests, "bytes": bytes, "listed": listed, "fetched": fetched, "new": new,
                "changed": changed, "sources": sources, "deleted": deleted, "withdrawn": withdrawn ?? 0,
            ]
            byName["changes"] = changes
            byName["walked_for_age"] = walkedForAge
            byName["walked_for_number"] = walkedForNumber
            return byName
        }
    }
}
