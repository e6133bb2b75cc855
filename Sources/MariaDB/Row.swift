/// One row of a result.
package struct Row: Sendable {
    private let columns: ColumnNames
    /// The fields, in the order of the columns.
    package let values: [Value]

    init(columns: ColumnNames, values: [Value]) {
        self.columns = columns
        self.values = values
    }

    /// The field of the column `name`, as the type that is asked for.
    /// - Throws: ``RowError`` when there is no such column, or its field is NULL or of another type or size.
    package func decode<Result: ValueDecodable>(_ name: String, as type: Result.Type = Result.self) throws -> Result {
        guard let index = columns.indices[name] else { throw RowError(column: name, problem: "isn't in the result") }
        return try decode(at: index)
    }

    /// The field of the column at `index`, counted from 0, as the type that is asked for.
    /// - Throws: ``RowError`` when there is no such column, or its field is NULL or of another type or size.
    package func decode<Result: ValueDecodable>(at index: Int, as type: Result.Type = Result.self) throws -> Result {
        guard values.indices.contains(index) else {
            throw RowError(column: "number \(index)", problem: "isn't in the result, which has \(values.count)")
        }
        let value = values[index]
        if let result = Result(value: value) { return result }
        throw RowError(
            column: columns.names[index],
            problem: value == .null
                ? "is NULL, where \(type) is expected"
                : "holds \(value.typeName) that is no \(type)"
        )
    }
}

/// The names of a result's columns, shared by its rows.
final class ColumnNames: Sendable {
    let names: [String]
    let indices: [String: Int]

    init(_ names: [String]) {
        self.names = names
        // Of two columns with one name the first is found by name.
        indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// A field isn't what the program expects.
package struct RowError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the column, or its number where it was asked for by number.
    package let column: String
    /// What is wrong; never the field's content.
    package let problem: String

    /// Makes an error about the column called `column`; `problem` mustn't have the field's content.
    package init(column: String, problem: String) {
        self.column = column
        self.problem = problem
    }

    package var description: String { "column \(column) \(problem)" }
}

/// A result had more rows than the caller said it could have.
package struct TooManyRows: Error, Sendable, Equatable, CustomStringConvertible {
    /// The limit that the caller gave.
    package let limit: Int
    /// The statement, without values.
    package let statement: String

    package var description: String {
        "more than \(limit) rows from \"\(statement)\": ask for fewer, or stream them"
    }
}
