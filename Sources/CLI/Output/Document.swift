package import MariaDB

/// One thing with all that belongs to it: fields, and lists below them.
package struct Document: Sendable {
    /// A list that belongs to it.
    package struct List: Sendable {
        /// As programs see it, such as `story`.
        package let name: String
        package let columns: [ListColumn]
        package let rows: [[Cell]]
        /// What people read where there are no rows; `nil` for nothing at all.
        package let whenEmpty: String?

        /// Describes a list.
        package init(_ name: String, _ columns: [ListColumn], _ rows: [[Cell]], whenEmpty: String? = nil) {
            self.name = name
            self.columns = columns
            self.rows = rows
            self.whenEmpty = whenEmpty
        }
    }

    private let asOf: Timestamp
    private let fields: [(column: ListColumn, cell: Cell)]
    private let lists: [List]

    /// Describes a thing as it was at a time.
    package init(asOf: Timestamp, fields: [(ListColumn, Cell)], lists: [List] = []) {
        self.asOf = asOf
        self.fields = fields
        self.lists = lists
    }

    /// Written in a format. JSON is one object with the lists as arrays in it, on one line as `jsonl`; CSV, TSV and Lua have
    /// one row with the fields only.
    package func written(_ format: OutputFormat, style: TerminalStyle) -> [UInt8] {
        switch format {
        case .table: table(style)
        case .json: json(between: "\n")
        case .jsonl: json(between: "")
        case .csv, .tsv, .lua: row(format)
        }
    }

    private func row(_ format: OutputFormat) -> [UInt8] {
        var listing = Listing(fields.map(\.column), format: format, asOf: asOf, style: .plain)
        return listing.head() + listing.rows([fields.map(\.cell)]) + listing.tail()
    }

    private func json(between separator: String) -> [UInt8] {
        let own = fields.filter { $0.column.audience != .people }
        var bytes = JSONText.object(
            [ListColumn("as_of")] + own.map(\.column),
            [.time(asOf)] + own.map(\.cell)
        )
        bytes.removeLast()
        for list in lists {
            bytes += ",\(separator)".utf8
            bytes += JSONText.string(list.name)
            bytes += ":[".utf8
            let shown = list.columns.indices.filter { list.columns[$0].audience != .people }
            for (index, row) in list.rows.enumerated() {
                bytes += "\(index > 0 ? "," : "")\(separator)".utf8
                bytes += JSONText.object(shown.map { list.columns[$0] }, shown.map { row[$0] })
            }
            bytes.append(UInt8(ascii: "]"))
        }
        return bytes + "}\n".utf8
    }

    private func table(_ style: TerminalStyle) -> [UInt8] {
        let shown = fields.filter { $0.column.audience != .programs && $0.cell != .null }
        let width = shown.map { DisplayText.width($0.column.heading.lowercased()) }.max() ?? 0
        var bytes: [UInt8] = []
        for field in shown {
            let label = field.column.heading.lowercased()
            let padding = String(repeating: " ", count: width - DisplayText.width(label) + 2)
            bytes += style.bold(label) + Array("\(padding)\(TableEncoder.text(field.cell))\n".utf8)
        }
        for list in lists {
            if list.rows.isEmpty {
                if let text = list.whenEmpty { bytes += "\n\(text)\n".utf8 }
                continue
            }
            var table = TableEncoder(list.columns, asOf: .time(asOf), style: style)
            bytes += "\n".utf8
            bytes += table.rows(list.rows)
        }
        return bytes + "\n".utf8 + style.dim("as of \(asOf.seconds)") + "\n".utf8
    }
}
