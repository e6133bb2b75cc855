/// The wikis that share one rate limit.
package enum Site {
    /// The site of all of Wikimedia's wikis: its gateway counts the requests to all of them together.
    package static let wikimedia = "wikimedia"

    /// The site of the wiki at `url`: Wikimedia, or else its host and port.
    package static func name(ofURL url: String) -> String {
        if UserAgent.requiresContact(url) { return wikimedia }
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return rest.prefix { $0 != "/" }.lowercased()
    }
}
