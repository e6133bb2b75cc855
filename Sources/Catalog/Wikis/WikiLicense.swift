/// Under which licence a wiki says that its texts are.
package struct WikiLicense: Sendable, Equatable {
    /// What the wiki calls it.
    package let name: String?
    /// Where it is.
    package let url: String?

    /// Nothing is known.
    package static let unknown = WikiLicense(name: nil, url: nil)

    /// Makes a licence. What the table doesn't hold is left out rather than cut: 255 characters, and 1024 for the address.
    package init(name: String?, url: String?) {
        self.name = name.flatMap { $0.unicodeScalars.count <= 255 ? $0 : nil }
        self.url = url.flatMap { $0.unicodeScalars.count <= 1024 ? $0 : nil }
    }
}
