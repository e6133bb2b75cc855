import MariaDB

extension TestFleet {
    /// The pages that the tables have and don't call deleted.
    package func harvest() async throws -> [Farm.PageKey: Farm.Page] {
        let rows = try await rows(
            """
            SELECT m.dbname, page_id, title, lastrevid, content_model, m.length, LOWER(HEX(s.sha1)) AS sha1, is_redirect
            FROM modules m LEFT JOIN module_sources s USING (sha256) WHERE deleted_at IS NULL
            """
        )
        return Dictionary(
            try rows.map { row in
                let sha1: String? = try row.decode("sha1")
                return (
                    Farm.PageKey(dbname: try row.decode("dbname"), pageID: try row.decode("page_id")),
                    Farm.Page(
                        title: try row.decode("title"),
                        lastRevisionID: try row.decode("lastrevid"),
                        contentModel: try row.decode("content_model"),
                        length: try row.decode("length"),
                        sha1: sha1 ?? "",
                        isRedirect: try row.decode("is_redirect")
                    )
                )
            },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
