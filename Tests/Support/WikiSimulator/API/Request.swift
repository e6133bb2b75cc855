/// What a request asks for.
package enum RequestKind: String, Sendable, Codable, CaseIterable {
    case siteinfo, list, content, recentchanges, logevents, userinfo, login, sitematrix, stream, other
}

/// A request as it was read from the wire.
struct Request: Sendable {
    var method: String
    /// Path and query.
    var target: String
    var headers: [(name: String, value: String)]
    var body: [UInt8] = []

    /// The value of a header, whatever its case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var path: Substring { target.prefix { $0 != "?" } }
    var isPost: Bool { method == "POST" }
    var acceptsGzip: Bool { header("Accept-Encoding")?.contains("gzip") ?? false }

    /// Parameters of the query and of a form; a later one of the same name counts.
    func parameters() -> [String: String] {
        var all: [String: String] = [:]
        Self.parse(target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst(), into: &all)
        if isPost { Self.parse(body[...], into: &all) }
        return all
    }

    private static func parse(_ text: some Sequence<UInt8>, into all: inout [String: String]) {
        for pair in Array(text).split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            all[decode(parts[0])] = parts.count > 1 ? decode(parts[1]) : ""
        }
    }

    private static func decode(_ text: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension RequestKind {
    /// By the parameters of the Action API.
    init(_ parameters: [String: String]) {
        func has(_ name: String, _ value: String) -> Bool {
            parameters[name]?.split(separator: "|").contains { $0 == value } ?? false
        }
        self =
            if parameters["action"] == "sitematrix" {
                .sitematrix
            } else if parameters["action"] == "login" || has("meta", "tokens") {
                .login
            } else if has("prop", "revisions") {
                .content
            } else if parameters["generator"] == "allpages" || has("list", "allpages") {
                .list
            } else if has("list", "recentchanges") {
                .recentchanges
            } else if has("list", "logevents") {
                .logevents
            } else if has("meta", "siteinfo") {
                .siteinfo
            } else if has("meta", "userinfo") {
                .userinfo
            } else {
                .other
            }
    }
}
