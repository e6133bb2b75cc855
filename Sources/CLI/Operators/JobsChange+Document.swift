import MariaDB
import Protocol

extension JobsChange {
    private static let jobFields: [Field<WireNamedJob>] = [
        Field("job_id") { .int($0.job) },
        Field("kind") { .nonEmpty($0.kind) },
        Field("wiki") { .nonEmpty($0.wiki) },
        Field("state") { .nonEmpty($0.state) },
    ]
    private static let leftOutFields = jobFields + [Field("why") { .text($0.why) }]

    /// What became of jobs for programs; of those that were changed or left out the first few.
    static func document(_ total: WireJobsChanged, dryRun: Bool) -> Document {
        Document(
            asOf: .now,
            fields: [
                (ListColumn("dry_run"), .flag(dryRun)),
                (ListColumn("changed"), .int(total.changed)),
                (ListColumn("left_out"), .int(total.leftOut)),
                (ListColumn("not_yet"), .int(total.notYet)),
            ],
            lists: [
                Document.List("first_changed", jobFields, of: total.firstChanged),
                Document.List("first_left_out", leftOutFields, of: total.firstLeftOut),
            ]
        )
    }
}
