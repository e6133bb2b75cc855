/// What an operator or a timer asked for: kinds × wikis. A row of `runs`.
package struct RunRequest: Sendable, Equatable {
    package var kinds: [JobKind]
    /// Database names; empty for all.
    package var wikis: [String]
    /// Only the wikis of this family; `nil` for all.
    package var family: String?
    /// In the form of the kind, as JSON; empty for none.
    package var parameters: [UInt8]
    /// Who asked, for the record.
    package var requestedBy: String
    /// A request that is repeated has the same.
    package var requestID: RandomID

    package init(
        kinds: [JobKind],
        wikis: [String] = [],
        family: String? = nil,
        parameters: [UInt8] = [],
        requestedBy: String,
        requestID: RandomID = .random()
    ) {
        self.kinds = kinds
        self.wikis = wikis
        self.family = family
        self.parameters = parameters
        self.requestedBy = requestedBy
        self.requestID = requestID
    }
}

/// A run that is planned.
package struct PlannedRun: Sendable, Equatable {
    package let id: RunID
    /// The jobs that are new.
    package let jobs: [JobID]
    /// How many jobs were under way already.
    package let joined: Int

    package init(id: RunID, jobs: [JobID], joined: Int) {
        self.id = id
        self.jobs = jobs
        self.joined = joined
    }
}

/// A run that an earlier try of the same request has planned.
package struct EarlierRun: Sendable, Equatable {
    package let id: RunID
    /// How many jobs were new.
    package let planned: Int
    /// How many jobs were under way already.
    package let joined: Int
}

/// Why a run can't be started.
package enum RunRefused: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownKind(String, known: [String])
    case unknownWikis([String])
    /// They are in the table, but there is a reason, such as "they are private", not to work on them.
    case wikisLeftOut([String], why: String)
    case badParameters(InvalidParameters)
    case nothingToDo

    package var description: String {
        switch self {
        case .unknownKind(let name, let known):
            "there is no kind \"\(name)\"; the kinds are \(known.joined(separator: ", "))"
        case .unknownWikis(let names):
            "not in the table of wikis: \(names.someNames); see: perigee wikis list"
        case .wikisLeftOut(let names, let why): "these wikis can't be worked on: \(names.someNames); \(why)"
        case .badParameters(let error): error.description
        case .nothingToDo: "there is no wiki to work on; see: perigee wikis list, perigee wikis sync"
        }
    }
}

extension [String] {
    /// The first few of them.
    fileprivate var someNames: String {
        prefix(5).joined(separator: ", ") + (count > 5 ? " and \(count - 5) more" : "")
    }
}
