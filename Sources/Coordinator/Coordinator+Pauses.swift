import Catalog
import Jobs
import Logging
import MariaDB
import Protocol

/// What operators pause and resume, and what is paused because it goes wrong everywhere.
extension Coordinator {
    /// What stands in `paused_by` for a pause that nobody asked for.
    private static let ownName = "coordinator"

    /// Pauses a kind, a wiki or a site, in place of an earlier pause of the same.
    func pause(_ wire: WirePause) async throws -> WireResponse.OneOf_Body {
        let target = try await target(named: wire.name)
        let note = OperatorNote(by: wire.requestedBy, wire.reason)
        let now = clock.now
        var until: Timestamp?
        if wire.forMilliseconds > 0 {
            until = now.advanced(by: .milliseconds(min(wire.forMilliseconds, Self.longestPause)))
        } else if wire.untilUnixMilliseconds != 0 {
            let (microseconds, overflow) = wire.untilUnixMilliseconds.multipliedReportingOverflow(by: 1000)
            until = Timestamp(microseconds: microseconds)
            guard !overflow, now.duration(to: Timestamp(microseconds: microseconds)) <= .milliseconds(Self.longestPause)
            else { throw RefusalError(.malformed, "a pause with an end lasts ten years at most") }
        }
        guard until.map({ $0 > now }) ?? true else {
            throw RefusalError(.malformed, "the pause would be over already; times are UTC")
        }
        let pause = Pause(target, until: until, reason: note.why, pausedBy: note.who, pausedAt: now)
        try await pausing.add { try await self.beginIfThereIsRoom(pause) }.value
        logger.notice("paused by an operator", metadata: pause.metadata)
        return .paused(.with(pause))
    }

    /// Ends a pause, an operator's or the coordinator's own.
    func resume(_ wire: WireResume) async throws -> WireResponse.OneOf_Body {
        let pause = try await pausing.add { try await self.end(named: wire.name) }.value
        logger.notice(
            "resumed by an operator",
            metadata: [
                "perigee.paused": "\(pause.target)",
                "perigee.requested_by": "\(OperatorNote(by: wire.requestedBy, "").who)",
            ]
        )
        serveParked()
        return .resumed(.with(pause))
    }

    /// Counts what went well and what went wrong, and pauses a kind that goes wrong everywhere.
    func heed(_ transitions: [Transition]) {
        for transition in transitions {
            let job = transition.after
            switch transition.story.name {
            case .completed: errors.succeeded(job.kind)
            case .failed, .failedAttempt:
                let message = transition.story.detail ?? ""
                if let alarm = errors.failed(job.kind, wiki: job.wiki, message: message, at: clock.now) { heed(alarm) }
            default: break
            }
        }
    }

    private func heed(_ alarm: ErrorWatch.Alarm) {
        let now = clock.now
        let pause = Pause(
            Pause.Target(.kind, alarm.kind.rawValue),
            until: now.advanced(by: alarm.pause),
            reason: "the same error on \(alarm.wikis) wikis: \(alarm.message.clipped(to: 500))",
            pausedBy: Self.ownName,
            pausedAt: now,
            isAutomatic: true
        )
        guard !isOutlasted(pause) else { return }
        logger.error("a kind is paused, since it goes wrong on many wikis", metadata: pause.metadata)
        // What is granted meanwhile would only fail as well.
        dispatcher.pause(pause)
        _ = pausing.add {
            do {
                try await self.beginUnlessLonger(pause)
            } catch {
                self.logger.error(
                    "a pause can't be noted yet; a coordinator that starts anew doesn't know of it",
                    metadata: ["perigee.paused": "\(pause.target)", "perigee.error": "\(error)"]
                )
            }
        }
    }

    /// The longest pause with an end, in milliseconds: ten years.
    private static let longestPause: UInt64 = 10 * 366 * 86_400_000

    private func begin(_ pause: Pause) async throws {
        try await store.notePause(pause)
        dispatcher.pause(pause)
        guard pause.target.scope == .kind, !pause.isAutomatic else { return }
        errors.replaced(JobKind(rawValue: pause.target.name), until: pause.until)
    }

    private func beginIfThereIsRoom(_ pause: Pause) async throws {
        guard dispatcher.pauses.hasRoom(for: pause.target, at: clock.now) else {
            throw RefusalError(.overloaded, "\(PauseBook.capacity) things are paused already", retryAfter: .seconds(60))
        }
        try await begin(pause)
    }

    /// An operator's pause may have been written since this one was decided on.
    private func beginUnlessLonger(_ pause: Pause) async throws {
        if !isOutlasted(pause) { try await begin(pause) }
    }

    /// Whether another pause of the same holds for as long or longer.
    private func isOutlasted(_ pause: Pause) -> Bool {
        guard let known = dispatcher.pauses.pause(of: pause.target, at: clock.now), known != pause else { return false }
        guard let end = known.until else { return true }
        return pause.until.map { end >= $0 } ?? false
    }

    private func end(named name: String) async throws -> Pause {
        let all = dispatcher.pauses.all(at: clock.now)
        let matching = all.filter { $0.target.name == name || $0.target.description == name }
        guard let pause = matching.first else {
            // The table may have it all the same, when the answer of the database was lost.
            let targets = Pause.Target(name).map { [$0] } ?? Pause.Scope.allCases.map { .init($0, name) }
            for target in targets { try await store.removePause(of: target) }
            let names = all.prefix(5).map(\.target.description).joined(separator: ", ")
            let others = all.isEmpty ? "nothing is" : "paused: \(names)\(all.count > 5 ? " and more" : "")"
            throw RefusalError(.nothingToDo, "\(name) isn't paused; \(others)")
        }
        guard matching.count == 1 else { throw RefusalError.ambiguous(name, matching.map(\.target)) }
        try await store.removePause(of: pause.target)
        dispatcher.resume(pause.target)
        if pause.target.scope == .kind { errors.resumed(JobKind(rawValue: pause.target.name)) }
        return pause
    }

    /// The kind, wiki or site that a name means.
    private func target(named name: String) async throws -> Pause.Target {
        let wanted = Pause.Target(name)
        let bare = wanted?.name ?? name
        var found: [Pause.Target] = []
        if kinds.kinds.contains(where: { $0.rawValue == bare }) { found.append(.init(.kind, bare)) }
        if try await wikis.record(bare) != nil { found.append(.init(.wiki, bare)) }
        let sites = try await wikis.sites()
        if sites.contains(bare) || dispatcher.hasJobs(of: .site(bare)) { found.append(.init(.site, bare)) }
        if let wanted { found.removeAll { $0 != wanted } }
        guard let target = found.first else {
            throw RefusalError(
                .nothingToDo,
                "there is no \(wanted?.scope.rawValue ?? "kind, wiki or site") \"\(bare)\""
            )
        }
        guard found.count == 1 else { throw RefusalError.ambiguous(name, found) }
        return target
    }
}

extension RefusalError {
    fileprivate static func ambiguous(_ name: String, _ targets: [Pause.Target]) -> RefusalError {
        RefusalError(.malformed, "\(name) may be \(targets.map(\.description).joined(separator: " or ")): say which")
    }
}

extension Pause {
    fileprivate var metadata: Logger.Metadata {
        [
            "perigee.paused": "\(target)", "perigee.until": "\(until?.description ?? "")",
            "perigee.requested_by": "\(pausedBy)", "perigee.reason": "\(reason)",
        ]
    }
}

extension WirePauseStatus {
    /// A pause as operators are told of it.
    init(_ pause: Pause) {
        self.init()
        scope = pause.target.scope.rawValue
        name = pause.target.name
        untilUnixMilliseconds = pause.until.map { $0.microseconds / 1000 } ?? 0
        reason = pause.reason
        pausedBy = pause.pausedBy
        pausedAtUnixMilliseconds = pause.pausedAt.microseconds / 1000
        automatic = pause.isAutomatic
    }
}

extension WirePaused {
    fileprivate static func with(_ pause: Pause) -> WirePaused {
        var paused = WirePaused()
        paused.pause = WirePauseStatus(pause)
        return paused
    }
}

extension WireResumed {
    fileprivate static func with(_ pause: Pause) -> WireResumed {
        var resumed = WireResumed()
        resumed.pause = WirePauseStatus(pause)
        return resumed
    }
}
