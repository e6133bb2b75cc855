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
            let listing = session.listing(columns, asOf: now)
            let page = try await session.reports.workers(includingGone: includingGone, limit: limit)
            try await listing.write(page.items.map { row($0, asOf: now) }, more: page.more, to: session.output)
        }
    }

    static let columns = [
        ListColumn("name"), ListColumn("incarnation"), ListColumn("state"), ListColumn("leases", .right),
        ListColumn("slots", .right), ListColumn("seen", .right, for: .people), ListColumn("host"),
        ListColumn("pid", .right), ListColumn("software"), ListColumn("kinds"),
        ListColumn("seen_at", for: .programs), ListColumn("registered_at"),
    ]

    static func row(_ report: WorkerReport, asOf: Timestamp) -> [Cell] {
        let worker = report.worker
        return [
            .text(worker.name), .text("\(worker.incarnation)"), .text(report.state), .int(UInt64(report.leases)),
            .int(UInt64(worker.slots)), .text("\(report.seenAt.duration(to: asOf).spoken) ago"), .text(worker.host),
            .int(UInt64(worker.processID)), .text(worker.software),
            .text(worker.kinds.map(\.rawValue).joined(separator: ",")), .time(report.seenAt),
            .time(report.registeredAt),
        ]
    }
}
