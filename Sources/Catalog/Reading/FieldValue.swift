package import MariaDB

/// A field of a listing, ready to be written in any format.
package enum FieldValue: Sendable, Hashable {
    case null
    case int(UInt64)
    /// Text: UTF-8 as a rule, but titles can be any bytes.
    case text([UInt8])
    /// A hash.
    case digest([UInt8])
    case time(Timestamp)
    case flag(Bool)
}

/// One module of a listing: its fields, in the order in which the columns were asked for.
package typealias ListedModule = [(name: String, field: FieldValue)]
