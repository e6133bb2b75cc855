package import MariaDB

/// One step of one job, decided in memory and not yet, or just now, in the table.
package struct Transition: Sendable, Equatable {
    /// The job that the decision was made on. The table has to agree on its state, attempt and lease.
    package let before: Job
    package let after: Job
    package let story: JobStory
    package let at: Timestamp
    /// The sequence number of the checkpoint that the table has to have for this to be right; 0 for none.
    package private(set) var checkpoint: UInt32 = 0
    /// The job whose end brought this about, by another transition of the same commit: without that one, this one isn't
    /// right. `nil` for one that stands alone.
    package private(set) var cause: JobID?

    package init(before: Job, after: Job, story: JobStory, at: Timestamp) {
        self.before = before
        self.after = after
        self.story = story
        self.at = at
    }

    /// The same, if the table has the checkpoint that the event stands on.
    func standing(on event: JobEvent) -> Transition {
        guard case .completed(_, let checkpoint) = event else { return self }
        var transition = self
        transition.checkpoint = checkpoint
        return transition
    }

    /// The same, brought about by the end of another job, unless that was so already.
    func caused(by cause: JobID) -> Transition {
        var transition = self
        transition.cause = self.cause ?? cause
        return transition
    }
}
