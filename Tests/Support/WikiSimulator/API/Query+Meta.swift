extension Query {
    /// `meta=siteinfo`, as far as it is of use here. Source: ApiQuerySiteinfo.
    mutating func siteinfo() {
        let wanted = ask.values("siprop") ?? ["general"]
        if wanted.contains("general") {
            let server = ask.url.dropLast(ask.wiki.dbname.utf8.count + 1)
            let letters = ask.wiki.family == "wiktionary" ? "case-sensitive" : "first-letter"
            answer.sections.append(
                .json(
                    "\"general\":{\"mainpage\":\"Main Page\",\"base\":\"\(ask.url)/wiki/Main_Page\","
                        + "\"sitename\":\"\(ask.wiki.dbname)\",\"generator\":\"MediaWiki 1.39.17\","
                        + "\"phpversion\":\"8.2.36\",\"phpsapi\":\"fpm-fcgi\",\"dbtype\":\"mysql\","
                        + "\"case\":\"\(letters)\",\"lang\":\"\(ask.wiki.language.code)\","
                        + "\"fallback\":[{\"code\":\"en\"}],\"rtl\":false,\"readonly\":false,\"writeapi\":true,"
                        + "\"maxarticlesize\":2097152,\"timezone\":\"UTC\",\"timeoffset\":0,"
                        + "\"articlepath\":\"/\(ask.wiki.dbname)/wiki/$1\",\"scriptpath\":\"/\(ask.wiki.dbname)\","
                        + "\"script\":\"/\(ask.wiki.dbname)/index.php\",\"server\":\"\(server)\","
                        + "\"servername\":\"127.0.0.1\",\"wikiid\":\"\(ask.wiki.dbname)\","
                        + "\"time\":\"\(WikiTime.iso(ask.now))\",\"misermode\":false}"
                )
            )
        }
        if wanted.contains("rightsinfo") {
            answer.sections.append(
                .json(
                    "\"rightsinfo\":{\"url\":\"https://creativecommons.org/licenses/by-sa/4.0/\","
                        + "\"text\":\"Creative Commons Attribution-Share Alike 4.0\"}"
                )
            )
        }
        if wanted.contains("namespaces") {
            answer.sections.append(.json("\"namespaces\":{\(namespaces.joined(separator: ","))}"))
        }
    }

    private var namespaces: [String] {
        let language = ask.wiki.language
        var all: [(id: Int, name: String, canonical: String?)] = [
            (-2, "Media", "Media"), (-1, "Special", "Special"), (0, "", nil), (1, "Talk", "Talk"),
            (2, language.userNamespace, "User"), (3, "User talk", "User talk"), (4, "Project", "Project"),
            (10, "Template", "Template"), (14, "Category", "Category"),
        ]
        if !ask.wiki.isPlain {
            all += [(828, language.moduleNamespace, "Module"), (829, "Module talk", "Module talk")]
        }
        let letters = ask.wiki.family == "wiktionary" ? "case-sensitive" : "first-letter"
        return all.map { id, name, canonical in
            "\"\(id)\":{\"id\":\(id),\"case\":\"\(letters)\",\"name\":\(JSONText.string(name)),"
                + "\"subpages\":\(id > 0),"
                + (canonical.map { "\"canonical\":\"\($0)\"," } ?? "")
                + "\"content\":\(id == 0),\"nonincludable\":false}"
        }
    }

    /// `meta=userinfo`. Source: ApiQueryUserInfo.
    mutating func userinfo() {
        let wanted = ask.values("uiprop") ?? []
        func list(_ name: String, _ values: [String]) -> String {
            wanted.contains(name) ? ",\"\(name)\":[\(values.map { "\"\($0)\"" }.joined(separator: ","))]" : ""
        }
        var text = "\"userinfo\":{"
        if let account = ask.account {
            text += "\"id\":\(1 + account.name.utf8.count),\"name\":\(JSONText.string(account.name))"
            text += list("groups", account.groups) + list("rights", account.rights)
        } else {
            text += "\"id\":0,\"name\":\"127.0.0.1\",\"anon\":true"
            text += list("groups", ["*"]) + list("rights", ["createaccount", "read", "edit", "createpage", "writeapi"])
        }
        if wanted.contains("ratelimits") {
            let isLimited = ask.account?.hasHighLimits != true
            let kind = ask.account == nil ? "ip" : "user"
            text +=
                ",\"ratelimits\":{"
                + (isLimited ? "\"edit\":{\"\(kind)\":{\"hits\":8,\"seconds\":60}}" : "") + "}"
        }
        answer.sections.append(.json(text + "}"))
    }

    /// `meta=tokens&type=login`. The session in which the token is valid is a cookie of the same answer.
    mutating func tokens() {
        answer.sections.append(.json("\"tokens\":{\"logintoken\":\"\(Login.token)+\\\\\"}"))
    }
}
