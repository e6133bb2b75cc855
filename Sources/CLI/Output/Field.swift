/// A column together with how an item fills it, so that the two can't get apart.
struct Field<Item>: Sendable {
    let column: ListColumn
    let cell: @Sendable (Item) -> Cell

    init(
        _ name: String,
        _ alignment: ListColumn.Alignment = .left,
        for audience: ListColumn.Audience = .everybody,
        _ cell: @escaping @Sendable (Item) -> Cell
    ) {
        column = ListColumn(name, alignment, for: audience)
        self.cell = cell
    }

    /// The columns of some fields.
    static func columns(_ fields: [Field]) -> [ListColumn] { fields.map(\.column) }

    /// The row of an item.
    static func row(_ fields: [Field], of item: Item) -> [Cell] { fields.map { $0.cell(item) } }
}

extension Document.List {
    /// A list of items.
    init<Item>(_ name: String, _ fields: [Field<Item>], of items: [Item], whenEmpty: String? = nil) {
        self.init(
            name,
            Field.columns(fields),
            items.map { Field.row(fields, of: $0) },
            whenEmpty: whenEmpty
        )
    }
}

extension Cell {
    /// A number of things.
    static func count(_ number: Int) -> Cell { .int(UInt64(clamping: number)) }

    /// Text, or null where it's empty.
    static func nonEmpty(_ text: String) -> Cell { .text(text.isEmpty ? nil : text) }
}
