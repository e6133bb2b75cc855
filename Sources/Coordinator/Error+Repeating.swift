import MariaDB

extension Error {
    /// Whether the same write may go well later: everything but what the database finds wrong in it.
    var isWorthRepeating: Bool { (self as? MariaDBError)?.class != .permanent }
}
