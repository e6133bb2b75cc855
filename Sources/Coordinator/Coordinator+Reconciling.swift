import Jobs
import Logging
import MariaDB

/// Pauses and cordons are in the table and in memory, and an error in between may have left them different.
extension Coordinator {
    /// Brings what the table has of pauses and cordons to what memory has, which is what operators were told; a coordinator that
    /// starts anew goes by the table.
    func reconcile() async throws {
        guard journal.isHealthy else { return }
        try await pausing.add {
            try await self.reconcilePauses()
            try await self.reconcileCordons()
        }
        .value
    }

    private func reconcilePauses() async throws {
        let now = clock.now
        try await store.removeEndedPauses(at: now)
        let noted = try await store.pauses(at: now)
        let rows = Dictionary(noted.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
        for pause in dispatcher.pauses.all(at: now) where rows[pause.target] != pause {
            tellDifference("pause", pause.target)
            try await store.notePause(pause)
        }
        for pause in noted where dispatcher.pauses.pause(of: pause.target, at: now) == nil && pause.holds(at: clock.now)
        {
            tellDifference("pause", pause.target)
            try await store.removePause(of: pause.target)
        }
    }

    private func reconcileCordons() async throws {
        let noted = try await store.cordons()
        let rows = Cordons(noted)
        for cordon in cordons.all where rows[cordon.target] != cordon {
            tellDifference("cordon", cordon.target)
            try await store.cordonOff(cordon)
        }
        for cordon in noted where cordons[cordon.target] == nil {
            tellDifference("cordon", cordon.target)
            try await store.liftCordon(cordon.target)
        }
    }

    private func tellDifference(_ what: String, _ target: some CustomStringConvertible) {
        logger.warning(
            "memory and table differed on a \(what); memory holds",
            metadata: ["perigee.target": "\(target)"]
        )
    }
}
