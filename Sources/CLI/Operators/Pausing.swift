import Catalog
import Jobs
package import MariaDB
import Protocol

/// The commands `pause` and `resume`.
package enum Pausing {
    /// When a pause ends by itself.
    package enum End: Sendable, Equatable {
        case never
        case at(Timestamp)
        case after(Duration)
    }

    /// Pauses a kind, a wiki or a site.
    /// - Throws: ``Complaint`` for a name that there isn't; `CoordinatorError`.
    package static func pause(_ settings: Settings, name: String, end: End, reason: String?) async throws {
        var pause = WirePause()
        pause.name = name
        switch end {
        case .never: break
        case .at(let time): pause.untilUnixMilliseconds = time.microseconds / 1000
        case .after(let duration): pause.forMilliseconds = UInt64(clamping: duration.microseconds / 1000)
        }
        pause.reason = reason ?? ""
        pause.requestedBy = OperatorSession.requester
        let request = WireRequest.OneOf_Body.pause(pause)
        let response = try await OperatorSession.run(settings, "pause") { session in
            do {
                return try await session.send(request)
            } catch let error as CoordinatorError {
                try await session.explain(error, settings) { try await $0.checkTarget(name) }
                throw error
            }
        }
        guard case .paused(let paused) = response.body else { throw OperatorSession.surprise }
        let target = paused.pause.target
        let line = "paused \(target) \(paused.pause.end); what is leased goes on; to end it: perigee resume \(target)"
        try await StandardOutput().write(DisplayText.visible(line) + "\n")
    }

    /// Ends a pause.
    /// - Throws: `CoordinatorError`, also when it isn't paused.
    package static func resume(_ settings: Settings, name: String) async throws {
        var resume = WireResume()
        resume.name = name
        resume.requestedBy = OperatorSession.requester
        let request = WireRequest.OneOf_Body.resume(resume)
        let response = try await OperatorSession.run(settings, "resume") { try await $0.send(request) }
        guard case .resumed(let resumed) = response.body else { throw OperatorSession.surprise }
        try await StandardOutput().write(DisplayText.visible("resumed \(resumed.pause.target)") + "\n")
    }
}

extension ReadSession {
    /// Makes sure that there is a kind, wiki or site of this name, which may have its scope before it.
    /// - Throws: ``Complaint`` with the nearest name when there is none.
    fileprivate func checkTarget(_ name: String) async throws {
        let target = Pause.Target(name)
        var known: [String] = []
        if target.map({ $0.scope == .kind }) ?? true { known += KindCatalog.standard.kinds.map(\.rawValue) }
        let wikis = WikiTable(pool)
        if target.map({ $0.scope == .site }) ?? true { known += try await wikis.sites() }
        if target.map({ $0.scope == .wiki }) ?? true { known += try await wikis.names() }
        let bare = target?.name ?? name
        guard !known.contains(bare) else { return }
        let noun = target?.scope.rawValue ?? "kind, wiki or site"
        throw Complaint(Suggestion.unknown(noun, bare, in: known, see: "perigee wikis list"))
    }
}

extension WirePauseStatus {
    /// Such as `kind:modules`.
    var target: String { "\(scope):\(name)" }

    /// When it ends, in words.
    var end: String {
        guard let until else { return "until it is resumed" }
        return "until \(until.seconds)"
    }

    /// `nil` when it doesn't end by itself.
    var until: Timestamp? {
        let (microseconds, overflow) = untilUnixMilliseconds.multipliedReportingOverflow(by: 1000)
        return untilUnixMilliseconds == 0 || overflow ? nil : Timestamp(microseconds: microseconds)
    }

    var pausedAt: Timestamp {
        Timestamp(microseconds: pausedAtUnixMilliseconds.multipliedReportingOverflow(by: 1000).partialValue)
    }

    /// In a line, such as `paused until …: kind:modules (the same error …)`.
    var line: String {
        let why = [reason, automatic ? "" : "by \(pausedBy)"].filter { !$0.isEmpty }.joined(separator: ", ")
        return DisplayText.visible("paused \(end): \(target)\(why.isEmpty ? "" : " (\(why))")")
    }
}
