import FoundationEssentials

/// An answer to `action=sitematrix`: the wikis of a family of language projects, and its special wikis.
///
/// Source: extension SiteMatrix, includes/ApiSiteMatrix.php.
package struct SiteMatrix: Sendable {
    /// The wikis, in the order of the answer; private ones too.
    package let wikis: [WikiDescription]
    /// Entries that don't describe a wiki.
    package let problems: ListProblems
    /// The database names of those entries, where they have one.
    package let unusableNames: [String]
    /// The value of `smcontinue` for the next request; `nil` when this is the last answer.
    package let continuation: String?

    /// Reads an answer in JSON of either format version. `scriptPath` is what follows the host in the wikis' URLs.
    /// - Throws: ``WikiDescriptionError`` when the answer is none of `action=sitematrix`.
    package init(json: [UInt8], scriptPath: String = "/w") throws(WikiDescriptionError) {
        let answer: Answer
        do { answer = try JSONDecoder().decode(Answer.self, from: Data(json)) } catch {
            throw WikiDescriptionError(reason: "the answer is none of action=sitematrix")
        }
        var wikis: [WikiDescription] = []
        var problems = ListProblems()
        var unusableNames: [String] = []
        func add(_ site: Answer.Site, language: String?, family: String) {
            do throws(WikiDescriptionError) {
                wikis.append(try site.description(language: language, family: family, scriptPath: scriptPath))
            } catch {
                problems.add(error.reason)
                if let name = site.dbname { unusableNames.append(name) }
            }
        }
        for language in answer.matrix.languages {
            for site in language.site ?? [] {
                add(
                    site,
                    language: language.code,
                    family: WikiDescription.family(siteMatrixCode: site.code ?? "special")
                )
            }
        }
        for site in answer.matrix.specials { add(site, language: nil, family: "special") }
        self.wikis = wikis
        self.problems = problems
        self.unusableNames = unusableNames
        continuation = answer.continuation?.sitematrix.smcontinue
    }
}

private struct Answer: Decodable {
    let matrix: Matrix
    let continuation: Continuation?

    enum CodingKeys: String, CodingKey {
        case matrix = "sitematrix"
        case continuation = "query-continue"
    }

    struct Continuation: Decodable {
        struct Value: Decodable { let smcontinue: String }
        let sitematrix: Value
    }

    /// An object with a count, the specials, and the languages by number.
    struct Matrix: Decodable {
        let languages: [Language]
        let specials: [Site]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            let numbers = container.allKeys.compactMap { Int($0.stringValue) }.sorted()
            languages = try numbers.map { try container.decode(Language.self, forKey: AnyKey("\($0)")) }
            specials = try container.decodeIfPresent([Site].self, forKey: AnyKey("specials")) ?? []
        }
    }

    struct Language: Decodable {
        let code: String?
        let site: [Site]?
    }

    struct Site: Decodable {
        let url: String?
        let dbname: String?
        let code: String?
        let lang: String?
        let sitename: String?
        let closed: Flag?
        let `private`: Flag?
        let fishbowl: Flag?

        private enum CodingKeys: String, CodingKey {
            case url, dbname, code, lang, sitename, closed, `private`, fishbowl
        }

        /// A field of another type counts as missing: it is about this wiki alone.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            func text(_ key: CodingKeys) -> String? { try? container.decode(String.self, forKey: key) }
            func flag(_ key: CodingKeys) -> Flag? { try? container.decode(Flag.self, forKey: key) }
            (url, dbname, code) = (text(.url), text(.dbname), text(.code))
            (lang, sitename) = (text(.lang), text(.sitename))
            (closed, `private`, fishbowl) = (flag(.closed), flag(.private), flag(.fishbowl))
        }

        func description(
            language: String?,
            family: String,
            scriptPath: String
        ) throws(WikiDescriptionError) -> WikiDescription {
            guard let dbname else { throw WikiDescriptionError(reason: "an entry without dbname") }
            guard let url else { throw WikiDescriptionError(reason: "\(dbname.prefix(80)) has no url") }
            return try WikiDescription(
                dbname: dbname,
                url: HostRoot.url(url, scriptPath: scriptPath),
                language: lang ?? language ?? code ?? "en",
                family: family,
                isClosed: closed?.isSet ?? false,
                isPrivate: self.private?.isSet ?? false,
                isFishbowl: fishbowl?.isSet ?? false,
                name: sitename
            )
        }
    }
}

/// A flag of MediaWiki's API: `true` in format version 2, an empty string in 1, absent when it isn't set.
struct Flag: Decodable, Sendable {
    let isSet: Bool

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        isSet = (try? container.decode(Bool.self)) ?? ((try? container.decode(String.self)) != nil)
    }
}

/// A key that is known only from the data.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init("\(intValue)") }
}
