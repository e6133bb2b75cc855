import Catalog

/// What this program calls itself.
package enum Version {
    /// The version, by the rules of <https://semver.org>.
    package static let current = "0.1.0"
    /// The newest migration that it knows.
    package static let schema = Schema.version
}
