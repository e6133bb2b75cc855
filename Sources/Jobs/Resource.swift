/// The name of something whose limit all workers share, such as `site:wikimedia` or `wiki:enwiki`.
package struct Resource: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Names a resource in the form `type:name`.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// The wikis that share one rate limit.
    package static func site(_ name: String) -> Resource { Resource(rawValue: "site:\(name)") }

    /// One wiki's API.
    package static func wiki(_ dbname: String) -> Resource { Resource(rawValue: "wiki:\(dbname)") }

    /// The database that Perigee writes to.
    package static let database = Resource(rawValue: "database:result")

    package var description: String { rawValue }
}
