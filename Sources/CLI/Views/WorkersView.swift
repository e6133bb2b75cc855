import Jobs
import MariaDB

/// The command `workers list`.
package enum WorkersView {
    /// Lists workers as the tables have them.
    /// - Parameter includingGone: whether those that have left or were lost are among them.
    /// - Throws: what reading and writing throw.
    package static func list(_ settings: Settings, _ format: OutputFormat, includingGone: Bool, limit: Int) async throws
    {
        try await ReadSession.run(settings, format) { session in
            let now = Timestamp.now
            let fields = fields(asOf: now)
            let listing = session.listing(Field.columns(fields), asOf: now)
            let page = try await session.reports.workers(includingGone: includingGone, limit: limit)
            try await listing.write(page.items.map { Field.row(fields, of: $0) }, more: page.more, to: session.output)
        }
    }

    static func fields(asOf: Timestamp) -> [Field<WorkerReport>] {
        [
            Field("name") { .text($0.worker.name) },
            Field("incarnation") { .text("\($0.worker.incarnation)") },
            Field("state") { .text($0.condition) },
            Field("leases", .right) { .count($0.leases) },
            Field("slots", .right) { .count($0.worker.slots) },
            Field("seen", .right, for: .people) { .text("\($0.seenAt.duration(to: asOf).spoken) ago") },
            Field("host") { .text($0.worker.host) },
            Field("pid", .right) { .int(UInt64($0.worker.processID)) },
            Field("software") { .text($0.worker.software) },
            Field("kinds") { .text($0.worker.kinds.map(\.rawValue).joined(separator: ",")) },
            Field("seen_at", for: .programs) { .time($0.seenAt) },
            Field("registered_at") { .time($0.registeredAt) },
            Field("cordoned_by", for: .programs) { .text($0.cordon?.requestedBy) },
            Field("cordoned_since", for: .programs) { .time($0.cordon?.since) },
            Field("deadline", for: .programs) { .time($0.cordon?.deadline) },
            Field("reason") { .nonEmpty($0.cordon?.reason ?? "") },
        ]
    }
}
