package import FoundationEssentials
import Glibc
import HTTPFetch

extension APIError {
    /// The error that an answer is, or `nil` when it is none. An error of the API can come with status 200.
    ///
    /// Of an answer with status 200 that begins as JSON and names no error, the rest isn't looked at: whoever reads it will see
    /// whether it is whole.
    static func error(in response: HTTPResponse, wiki: String, now: Date) -> APIError? {
        let retryAfter = response.headers["Retry-After"].flatMap { parse(retryAfter: $0, now: now) }
        func make(_ kind: Kind, _ info: String) -> APIError {
            APIError(wiki: wiki, kind: kind, status: response.status, info: info, retryAfter: retryAfter)
        }
        if response.status == 429 { return make(.rateLimited, firstWords(response.body)) }
        let envelope =
            names(error: response.body)
            ? try? JSONDecoder().decode(APIErrorEnvelope.self, from: Data(response.body)) : nil
        if let failure = envelope?.failure {
            return make(kind(code: failure.code, info: failure.info, lag: failure.lag, response), failure.info)
        }
        if let code = response.headers["MediaWiki-API-Error"] {
            return make(kind(code: code, info: "", lag: nil, response), firstWords(response.body))
        }
        guard response.status == 200 else { return make(.httpStatus(response.status), firstWords(response.body)) }
        let first = response.body.first { $0 > 0x20 }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            return make(.notJSON(firstWords: firstWords(response.body)), "")
        }
        return nil
    }

    /// Whether a key `error` or `errors` is in the JSON, at any depth. Those in the middle of a text have their quotation
    /// marks escaped.
    private static func names(error body: [UInt8]) -> Bool {
        body.withUnsafeBytes { all in
            guard let start = all.baseAddress else { return false }
            var offset = 0
            while offset + key.count <= all.count,
                let found = memchr(start + offset, Int32(UInt8(ascii: "\"")), all.count - offset)
            {
                let place = start.distance(to: UnsafeRawPointer(found))
                offset = place + 1
                guard place + key.count <= all.count, memcmp(found, key, key.count) == 0 else { continue }
                if place == 0 || all[place - 1] != UInt8(ascii: "\\") { return true }
            }
            return false
        }
    }

    private static let key = Array("\"error".utf8)

    private static func kind(code: String, info: String, lag: Double?, _ response: HTTPResponse) -> Kind {
        switch code {
        case "maxlag": .maxlag(seconds: lag ?? response.headers["X-Database-Lag"].flatMap { Double($0) })
        case "ratelimited": .rateLimited
        case "readonly": .readOnly
        case "badcontinue": .badContinue
        case "assertuserfailed", "assertbotfailed", "assertnameduserfailed": .credentials
        case _ where code.hasPrefix("mwoauth-"): .credentials
        // The codes of MediaWiki before and since 1.35 for a namespace that isn't there.
        case "unknown_gapnamespace": .noModuleNamespace
        case "badvalue" where info.contains("gapnamespace"): .noModuleNamespace
        default: .api(code: code)
        }
    }

    /// The beginning of a body as one line, without tags: what is worth showing of a page that wasn't expected.
    static func firstWords(_ body: [UInt8]) -> String {
        let head = String(decoding: body.prefix(2000), as: UTF8.self)
        var words = ""
        var isInTag = false
        for character in head {
            if character == "<" { isInTag = true }
            if !isInTag { words.append(character.isPrintable ? character : " ") }
            if character == ">" {
                isInTag = false
                words.append(" ")
            }
        }
        let line = words.split(separator: " ").joined(separator: " ")
        return line.isEmpty
            ? String(head.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(100))
            : String(line.prefix(100))
    }

    /// How long the header `Retry-After` asks to wait: seconds, or the time until a date. Never less than nothing, never
    /// more than a day.
    package static func parse(retryAfter text: String, now: Date) -> Duration? {
        let longest = 86_400.0
        if let seconds = Int(text) { return .seconds(min(max(seconds, 0), Int(longest))) }
        guard let date = Date(httpDate: text) else { return nil }
        return .seconds(min(max(date.timeIntervalSince(now), 0), longest))
    }
}

/// The part of every answer that may tell of an error; `error` or, with an `errorformat`, `errors`.
struct APIErrorEnvelope: Decodable {
    struct Failure: Decodable {
        let code: String
        let info: String
        let lag: Double?

        private enum CodingKeys: String, CodingKey { case code, info, text, html, lag }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            code = try container.decode(String.self, forKey: .code)
            info =
                (try? container.decode(String.self, forKey: .info))
                ?? (try? container.decode(String.self, forKey: .text))
                ?? (try? container.decode(String.self, forKey: .html)) ?? ""
            lag = try? container.decode(Double.self, forKey: .lag)
        }
    }

    private let error: Failure?
    private let errors: [Failure]?

    var failure: Failure? { error ?? errors?.first }
}

extension Character {
    /// Whether it is neither white space nor one that steers a terminal.
    fileprivate var isPrintable: Bool {
        !isWhitespace && !unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
