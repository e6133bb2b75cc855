/// A column of a listing.
package struct ListColumn: Sendable, Hashable {
    /// Where a column's fields stand in a table.
    package enum Alignment: Sendable, Hashable {
        case left, right
    }

    /// Who is shown it.
    package enum Audience: Sendable, Hashable {
        case everybody
        /// Programs only: tables for people leave it out.
        case programs
        /// People only: it says again what other columns say, in a shorter form.
        case people
    }

    /// As programs see it, such as `page_id`. Tables show it in capitals, with spaces.
    package let name: String
    package let alignment: Alignment
    package let audience: Audience

    /// Describes a column.
    package init(_ name: String, _ alignment: Alignment = .left, for audience: Audience = .everybody) {
        self.name = name
        self.alignment = alignment
        self.audience = audience
    }

    /// As it stands over a table.
    var heading: String { String(name.map { $0 == "_" ? " " : $0 }).uppercased() }
}
