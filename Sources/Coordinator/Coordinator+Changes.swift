import Catalog
import Crypto
import FoundationEssentials
import Jobs
import Logging
import MariaDB

extension Coordinator {
    /// A wiki whose job was given up isn't looked at again for so long.
    private static let pauseAfterFailure = Duration.seconds(600)
    /// So many wikis are considered at once.
    private static let dueLimit = 500

    /// Plans jobs for the wikis of which a stream has told changes, while somebody follows it.
    ///
    /// They belong to a run of the job that follows, one for each day: one for all days would never end, and grow.
    func planChanges() async throws {
        guard journal.isHealthy, !keeper.isUnsure, let follower = dispatcher.jobs(of: .follow).map(\.id).min() else {
            return
        }
        let active = dispatcher.jobs(of: .modules).filter { $0.shard == ModulesParameters.changedShard }
        let room = settings.following.jobs - active.count
        guard room > 0 else { return }
        let due = try await changes.due(after: settings.following.wait, limit: Self.dueLimit)
        let busy = Set(active.map(\.wiki))
        let names = Array(due.filter { !busy.contains($0) })
        guard !names.isEmpty else { return }
        let request = RunRequest(
            kinds: [.modules],
            parameters: try ModulesParameters(changed: true).parameters(),
            requestedBy: "job \(follower), which follows a stream",
            requestID: Self.requestID(of: follower, at: clock.now)
        )
        try await inTurn { try await $0.extend(request, to: names, room: room) }
    }

    private func extend(_ request: RunRequest, to names: [String], room: Int) async throws {
        let facts = try await wikis.harvestable(named: names, family: nil).map(WikiFacts.init)
        let drafts = try Planner(kinds: kinds)
            .drafts(kinds: request.kinds, wikis: facts, parameters: request.parameters)
        let planned: [JobID]
        do {
            planned = try await store.extend(
                request,
                by: drafts,
                limit: room,
                pause: Self.pauseAfterFailure,
                at: clock.now
            )
            for job in try await store.jobs(planned) where dispatcher.job(job.id) == nil {
                dispatcher.load(job, at: clock.now)
            }
        } catch {
            isBehind = true
            throw error
        }
        guard !planned.isEmpty else { return }
        logger.debug("jobs planned for changed wikis", metadata: ["perigee.jobs.planned": "\(planned.count)"])
        serveParked()
    }

    /// The same for all jobs of one day, whichever coordinator plans them.
    private static func requestID(of follower: JobID, at now: Timestamp) -> RandomID {
        let day = now.microseconds / 86_400_000_000
        let digest = SHA256.hash(data: Data("perigee follow \(follower) \(day)".utf8))
        return RandomID(bytes: Array(digest.prefix(16))) ?? .random()
    }
}
