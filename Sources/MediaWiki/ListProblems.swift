/// What is wrong with a list of wikis: the first few problems, and how many there are.
package struct ListProblems: Sendable, Equatable, CustomStringConvertible {
    /// One problem.
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The line of the file, counted from 1; `nil` when the source has no lines.
        package let line: Int?
        /// What is wrong, in words.
        package let reason: String

        package var description: String { line.map { "line \($0): \(reason)" } ?? reason }
    }

    /// No more than this many problems are kept.
    package static let limit = 20

    /// The first ``limit`` problems.
    package private(set) var problems: [Problem] = []
    /// How many there are in all.
    package private(set) var count = 0

    mutating func add(_ reason: String, line: Int? = nil) {
        count += 1
        if problems.count < Self.limit { problems.append(Problem(line: line, reason: reason)) }
    }

    package var description: String {
        let rest = count - problems.count
        return problems.map(\.description).joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
    }
}
