/// Which part of a resource's requests per minute each lease may make.
///
/// The parts of all leases together never exceed the limit, also while messages are under way: a part is given to another
/// only when its worker has said that it keeps to less.
package struct ShareBook: Sendable {
    private struct Entry: Sendable {
        /// What its worker may keep to at this moment; `nil` when it was told by an earlier coordinator and hasn't said.
        var reserved: Double?
    }

    private struct Book: Sendable {
        private(set) var entries: [Lease: Entry] = [:]
        /// What leases of which nobody knows keep to, all together.
        private var unknown = 0.0
        private var unknownCount = 0
        /// The sum of what is reserved by those of which it is known.
        private var reserved = 0.0

        subscript(lease: Lease) -> Entry? {
            get { entries[lease] }
            set {
                if let old = entries[lease] {
                    reserved -= old.reserved ?? 0
                    unknownCount -= old.reserved == nil ? 1 : 0
                }
                entries[lease] = newValue
                if let newValue {
                    reserved += newValue.reserved ?? 0
                    unknownCount += newValue.reserved == nil ? 1 : 0
                }
            }
        }

        mutating func adopt(_ lease: Lease, limit: Double) {
            if unknownCount == 0 { unknown = limit }
            self[lease] = Entry(reserved: nil)
        }

        mutating func learn(_ lease: Lease, inForce: Double) {
            unknown = max(0, unknown - inForce)
            self[lease] = Entry(reserved: inForce)
        }

        /// What others than `lease` may keep to.
        func reserved(butFor lease: Lease) -> Double {
            (unknownCount > 0 ? unknown : 0) + reserved - (entries[lease]?.reserved ?? 0)
        }
    }

    private var books: [Resource: Book] = [:]

    /// A smaller part of what would be fair is none: it would only make a worker wait for its first request.
    private static let smallestPart = 0.5

    package init() {}

    /// A lease begins. It has no part yet.
    mutating func begin(_ lease: Lease, of resource: Resource) {
        books[resource, default: Book()][lease] = Entry(reserved: 0)
    }

    /// A lease was found in the table: its worker was told something by an earlier coordinator, which kept to `limit` as well.
    mutating func adopt(_ lease: Lease, of resource: Resource, limit: Double) {
        books[resource, default: Book()].adopt(lease, limit: limit)
    }

    /// A lease has ended: nothing is sent for it any more.
    mutating func end(_ lease: Lease, of resource: Resource) {
        books[resource]?[lease] = nil
        if books[resource]?.entries.isEmpty ?? false { books[resource] = nil }
    }

    /// The requests per minute that a lease may make from now on; 0 for none yet.
    /// - Parameters:
    ///   - inForce: what its worker says that it keeps to now; `nil` when it hasn't said.
    ///   - users: by how many the limit is to be shared, at least.
    mutating func allot(
        _ lease: Lease,
        of resource: Resource,
        inForce: Double?,
        limit: Double,
        users: Int
    ) -> Double {
        guard var book = books[resource], let entry = book[lease] else { return 0 }
        if let inForce, entry.reserved == nil { book.learn(lease, inForce: inForce) }
        let fair = limit / Double(max(users, book.entries.count, 1))
        let part = min(fair, max(0, limit - book.reserved(butFor: lease)))
        let share = part < fair * Self.smallestPart ? 0 : part
        if book[lease]?.reserved != nil { book[lease] = Entry(reserved: max(share, inForce ?? 0)) }
        books[resource] = book
        return share
    }
}
