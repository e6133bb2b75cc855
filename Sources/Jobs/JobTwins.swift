/// The jobs for one kind, wiki and shard.
package struct JobTwins: Sendable, Equatable {
    package let newest: JobID
    /// There is one at most.
    package let active: JobID?

    package init(newest: JobID, active: JobID?) {
        self.newest = newest
        self.active = active
    }
}
