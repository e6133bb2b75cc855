import MariaDB
import Protocol

/// The command `retention`.
package enum RetentionRun {
    /// Has the coordinator remove what its settings say isn't to be kept any longer, or say how much that is.
    /// - Throws: `CoordinatorError`.
    package static func run(_ settings: Settings, _ format: OutputFormat, dryRun: Bool) async throws {
        var keep = WireKeepRetention()
        keep.dryRun = dryRun
        keep.requestedBy = OperatorSession.requester
        let request = WireRequest.OneOf_Body.keepRetention(keep)
        let kept = try await OperatorSession.run(settings, "retention") { session in
            while true {
                let response = try await session.send(request)
                guard case .retentionKept(let kept) = response.body else { throw OperatorSession.surprise }
                if !kept.more { return kept }
            }
        }
        let fields = fields(dryRun: dryRun)
        try await Listing(Field.columns(fields), format: format, asOf: .now, style: .standardOutput)
            .write(kept.counts.map { Field.row(fields, of: $0) }, to: try StandardOutput())
    }

    private static func fields(dryRun: Bool) -> [Field<WireRetentionCount>] {
        [
            Field("name") { .text($0.name) },
            Field("days", .right, for: .programs) { .int(UInt64($0.days)) },
            Field("kept", for: .people) { .text($0.days == 0 ? "for ever" : "\($0.days) days") },
            Field(dryRun ? "to_remove" : "removed", .right) { .int($0.count) },
        ]
    }
}
