import Catalog
import Concurrency
import Jobs
import Logging
import MariaDB
import ServiceLifecycle

/// Waits for the term: a coordinator that neither listens nor changes anything.
struct Standby {
    let pool: ConnectionPool
    /// The time without a renewal after which the term is free.
    let takeover: Duration
    let logger: Logger

    /// Returns when the term is free, or, with false, when the process is to stop.
    /// - Throws: `SchemaError` when this version can't work with the schema that there is by then.
    func waitForTerm() async throws -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await wait() }
            return true
        } catch is CancellationError {
            return false
        }
    }

    private func wait() async throws {
        var holder: TermHeld?
        var isAway = false
        while true {
            do {
                let current = try await JobStore.termHolder(in: pool, ifIdleFor: takeover)
                isAway = false
                guard let current else { break }
                if current != holder { logger.notice("standing by", metadata: ["perigee.active": "\(current)"]) }
                holder = current
            } catch let error as CancellationError {
                throw error
            } catch {
                if !isAway { logger.warning("the term can't be read", metadata: ["perigee.error": "\(error)"]) }
                isAway = true
            }
            try await Task.sleep(for: min(takeover / 10, .seconds(1)))
        }
        // The schema may have moved on meanwhile.
        try await Schema.check(on: pool)
    }
}
