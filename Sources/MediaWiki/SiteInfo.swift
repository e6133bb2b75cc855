package import FoundationEssentials
import HTTPFetch

/// What a wiki says of itself.
package struct SiteInfo: Sendable, Equatable {
    /// The namespace of modules.
    package struct Namespace: Sendable, Equatable {
        /// Its name in the wiki's language.
        package let name: String
        /// Its name on every wiki, `Module`.
        package let canonicalName: String

        /// Makes a namespace.
        package init(name: String, canonicalName: String) {
            self.name = name
            self.canonicalName = canonicalName
        }
    }

    /// Under which licence its texts are.
    package struct Rights: Sendable, Equatable {
        /// What the wiki calls it, such as `Creative Commons Attribution-Share Alike 4.0`; `nil` where it says nothing.
        package let name: String?
        /// Where it is; `nil` where the wiki says nothing.
        package let url: String?

        /// Makes a licence.
        package init(name: String?, url: String?) {
            self.name = name
            self.url = url
        }
    }

    /// The wiki's id: its database's name, unless its tables have a prefix.
    package let wikiID: String
    /// The software with its version, such as `MediaWiki 1.39.17`.
    package let generator: String
    /// The code of the content's language.
    package let language: String
    /// The wiki's clock.
    package let serverTime: Date
    /// The namespace 828; `nil` without Scribunto.
    package let moduleNamespace: Namespace?
    /// Under which licence its texts are.
    package let rights: Rights

    /// Makes what a wiki says of itself.
    package init(
        wikiID: String,
        generator: String,
        language: String,
        serverTime: Date,
        moduleNamespace: Namespace?,
        rights: Rights = Rights(name: nil, url: nil)
    ) {
        self.wikiID = wikiID
        self.generator = generator
        self.language = language
        self.serverTime = serverTime
        self.moduleNamespace = moduleNamespace
        self.rights = rights
    }
}

extension ActionAPI {
    /// Asks the wiki what it is, and, with credentials, what their account may do; in one request.
    /// - Throws: ``APIError``; with `wrongWiki` when another wiki answers than the description names.
    package func siteInfo() async throws(APIError) -> SiteInfo {
        try siteInfo(in: try await call([HTTPFormField("action", "query")] + siteInfoQuestion))
    }

    /// Asks what the wiki is, and what the account may do.
    var siteInfoQuestion: [HTTPFormField] {
        let properties = HTTPFormField("siprop", "general|namespaces|rightsinfo")
        if credentials == nil { return [HTTPFormField("meta", "siteinfo"), properties] }
        return [HTTPFormField("meta", "siteinfo|userinfo"), properties, HTTPFormField("uiprop", "rights|groups")]
    }

    /// What an answer with `meta=siteinfo` says of the wiki and of the account.
    func siteInfo(in body: [UInt8]) throws(APIError) -> SiteInfo {
        let query = try decode(SiteInfoAnswer.self, from: body).query
        account = query.userinfo.map { user in
            WikiAccount(
                name: user.name,
                groups: user.groups ?? [],
                hasHighLimits: user.rights?.contains("apihighlimits") ?? false
            )
        }
        guard query.general.wikiid == wiki.dbname else {
            throw APIError(wiki: wiki.dbname, kind: .wrongWiki(found: query.general.wikiid), status: 200)
        }
        guard let time = Date(wikiTime: query.general.time) else {
            throw unexpected("time \"\(query.general.time)\"")
        }
        let namespace = query.namespaces["\(Self.moduleNamespace)"]
        return SiteInfo(
            wikiID: query.general.wikiid,
            generator: query.general.generator,
            language: query.general.lang,
            serverTime: time,
            moduleNamespace: namespace.map {
                SiteInfo.Namespace(name: $0.name, canonicalName: $0.canonical ?? $0.name)
            },
            rights: SiteInfo.Rights(query.rightsinfo, of: wiki)
        )
    }
}

private struct SiteInfoAnswer: Decodable {
    let query: Query

    struct Query: Decodable {
        let general: General
        let namespaces: [String: Namespace]
        let userinfo: User?
        let rightsinfo: Rights?
    }

    struct User: Decodable {
        let name: String
        let groups: [String]?
        let rights: [String]?
    }

    struct Rights: Decodable {
        let url: String?
        let text: String?
    }

    struct General: Decodable {
        let wikiid: String
        let generator: String
        let lang: String
        let time: String
    }

    struct Namespace: Decodable {
        let name: String
        let canonical: String?
    }
}

extension SiteInfo.Rights {
    /// MediaWiki gives empty texts for what isn't set, and the address as it is set, perhaps without a scheme. Source:
    /// MediaWiki, ApiQuerySiteinfo::appendRightsInfo.
    fileprivate init(_ answer: SiteInfoAnswer.Rights?, of wiki: WikiDescription) {
        let name = answer?.text.flatMap { $0.isEmpty ? nil : $0 }
        let url = answer?.url.flatMap { $0.isEmpty ? nil : $0 }
        let scheme = wiki.url.prefix { $0 != "/" }
        self.init(name: name, url: url.map { $0.hasPrefix("//") ? "\(scheme)\($0)" : $0 })
    }
}
