/// What a write did.
package struct ModuleWriteCounts: Sendable, Equatable {
    /// Pages that the table didn't have.
    package var new = 0
    /// Pages of which something but the time of observation is different, or that were marked as deleted.
    package var changed = 0
    /// Pages that are as the table had them.
    package var unchanged = 0
    /// Pages of which the table had a newer observation already.
    package var stale = 0
    /// Sources that no page had before.
    package var newSources = 0

    /// All zero.
    package init() {}

    /// The sums.
    package static func += (left: inout ModuleWriteCounts, right: ModuleWriteCounts) {
        left.new += right.new
        left.changed += right.changed
        left.unchanged += right.unchanged
        left.stale += right.stale
        left.newSources += right.newSources
    }

    /// Counts what `row` does to the row that is there.
    mutating func add(_ row: ModuleRow, _ text: RowText, over stored: StoredModule?) {
        guard let stored else {
            new += 1
            return
        }
        if row.observedAt < stored.observedAt {
            stale += 1
            return
        }
        let isSame =
            stored.deletedAt == nil && stored.title == row.title && stored.lastRevisionID == row.lastRevisionID
            && stored.contentModel == row.contentModel && stored.length == row.length && stored.sha256 == text.sha256
            && stored.reason == text.reason && stored.isRedirect == row.isRedirect
            && stored.redirectTarget == row.storedTarget
        if isSame { unchanged += 1 } else { changed += 1 }
    }
}
