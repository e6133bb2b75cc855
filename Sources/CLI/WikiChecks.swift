import Catalog
import FoundationEssentials
import HTTPFetch
import Jobs
import MariaDB
import MediaWiki
import Worker

/// What `doctor` finds out about the wikis and how they see this program.
enum WikiChecks {
    static var all: [(String, (Settings) async throws -> Doctor.Finding)] {
        [
            ("user agent", userAgent), ("a wiki's API", wiki), ("limit class", limitClass),
        ]
    }

    private static func userAgent(_ settings: Settings) async throws -> Doctor.Finding {
        guard let contact = settings.string(.contact) else {
            return .warning("http.contact is not set: Wikimedia's wikis will not be asked anything")
        }
        return .ok("contact \(contact)")
    }

    private static func wiki(_ settings: Settings) async throws -> Doctor.Finding {
        guard let record = try await records(settings).first else {
            return .warning("the table of wikis is empty; run: perigee wikis sync")
        }
        let own = try settings.workerSettings()
        guard own.hasContact || !UserAgent.requiresContact(record.url) else {
            return .failure("\(record.dbname) is one of Wikimedia's, and http.contact is not set")
        }
        let (site, account) = try await ask(record, own)
        let name = account.map { ", as \($0.name)\($0.hasHighLimits ? ", 500 texts a request" : "")" } ?? ""
        return .ok("\(record.dbname) answers, \(site.generator)\(name)")
    }

    /// How many requests Wikimedia allows, and whether the quota keeps to that.
    private static func limitClass(_ settings: Settings) async throws -> Doctor.Finding {
        let records = try await records(settings)
        guard let record = records.first(where: { Site.name(ofURL: $0.url) == Site.wikimedia }) else {
            return .ok("none: no wiki of Wikimedia's is in the table")
        }
        let own = try settings.workerSettings()
        let isShown = own.credentials != nil && own.credentialsSite == Site.wikimedia
        let account = isShown ? try await ask(record, own).account : nil
        let limit = LimitClass(isAtWikimedia: isAtWikimedia, account: account, hasContact: own.hasContact)
        let quota = try settings.quotas()[.site(Site.wikimedia)]
        let allowed = limit.requestsPerMinute.map { "\(Int($0)) requests a minute" } ?? "no limit"
        let kept = quota.perMinute.map { "\(Int($0)) a minute" } ?? "without limit"
        let text = "\(limit.name): \(allowed); this coordinator's quota is \(kept), \(quota.atOnce) at once"
        if let most = limit.requestsPerMinute, quota.perMinute ?? .infinity > most {
            return .warning("\(text): set politeness.site_per_minute to \(Int(most * 0.9)) or less")
        }
        return .ok(text)
    }

    private static func records(_ settings: Settings) async throws -> [WikiRecord] {
        try await ConnectionPool.with(
            settings: try settings.connectionSettings(),
            limit: 1,
            logger: try settings.logger(label: "doctor")
        ) { pool in try await WikiTable(pool).harvestable(named: [], family: nil) }
    }

    private static func ask(
        _ record: WikiRecord,
        _ settings: WorkerSettings
    ) async throws -> (site: SiteInfo, account: WikiAccount?) {
        let http = try HTTPClient(settings.http)
        let isShown = Site.name(ofURL: record.url) == settings.credentialsSite
        let api = ActionAPI(
            client: http,
            wiki: try WikiDescription(
                dbname: record.dbname,
                url: record.url,
                language: record.lang,
                family: record.family
            ),
            maxlag: nil,
            credentials: isShown ? settings.credentials : nil
        )
        do {
            if api.needsLogin { try await api.logIn(token: try await api.loginToken()) }
            let site = try await api.siteInfo()
            await http.shutdown()
            return (site, api.account)
        } catch {
            await http.shutdown()
            throw error
        }
    }

    /// Whether this host is one of Wikimedia's own cloud. Source: the file that Toolforge's pods and Cloud VPS's
    /// hosts have.
    private static var isAtWikimedia: Bool { FileManager.default.fileExists(atPath: "/etc/wmcs-project") }
}
