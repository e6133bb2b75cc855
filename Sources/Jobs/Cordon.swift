package import MariaDB

/// Workers that are to do nothing, by name or by host, until an operator resumes them. A row of `cordons`.
package struct Cordon: Sendable, Equatable {
    /// Which workers.
    package enum Target: Sendable, Hashable, CustomStringConvertible {
        case worker(String)
        case host(String)

        /// As the column `target` has it.
        package var column: String {
            switch self {
            case .worker: "worker"
            case .host: "host"
            }
        }

        /// The name of the worker or of the host.
        package var name: String {
            switch self {
            case .worker(let name), .host(let name): name
            }
        }

        package var description: String { "\(column) \(name)" }

        /// What the columns `target` and `name` say; `nil` when this version doesn't know such a target.
        package init?(column: String, name: String) {
            switch column {
            case "worker": self = .worker(name)
            case "host": self = .host(name)
            default: return nil
            }
        }
    }

    package let target: Target
    /// Since when; it stays when the cordon is changed.
    package let since: Timestamp
    /// user@host.
    package let requestedBy: String
    /// One line; may be empty.
    package let reason: String
    /// From then on jobs are given back at their next checkpoint; `nil` to let them finish.
    package let deadline: Timestamp?

    package init(target: Target, since: Timestamp, requestedBy: String, reason: String, deadline: Timestamp?) {
        self.target = target
        self.since = since
        self.requestedBy = requestedBy
        self.reason = reason
        self.deadline = deadline
    }
}

/// All cordons: an image of their table.
package struct Cordons: Sendable {
    private var byTarget: [Cordon.Target: Cordon] = [:]

    package init(_ cordons: [Cordon] = []) {
        for cordon in cordons { byTarget[cordon.target] = cordon }
    }

    /// The cordon of a target itself.
    package subscript(target: Cordon.Target) -> Cordon? {
        get { byTarget[target] }
        set { byTarget[target] = newValue }
    }

    /// How many there are.
    package var count: Int { byTarget.count }

    /// All of them, in no order.
    package var all: [Cordon] { Array(byTarget.values) }

    /// What keeps a worker from working: of that of its name and that of its host, the one whose deadline is earlier.
    package func cordon(worker: String, host: String) -> Cordon? {
        [byTarget[.worker(worker)], byTarget[.host(host)]].compactMap(\.self).min { first, second in
            guard let one = first.deadline else { return false }
            return second.deadline.map { one < $0 } ?? true
        }
    }
}
