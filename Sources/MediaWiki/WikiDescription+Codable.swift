extension WikiDescription: Codable {
    private enum CodingKeys: String, CodingKey {
        case dbname, url, lang, family, closed, `private`, fishbowl, name
    }

    /// Reads a description that was written by ``encode(to:)``, and checks it as any other.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            dbname: values.decode(String.self, forKey: .dbname),
            url: values.decode(String.self, forKey: .url),
            language: values.decode(String.self, forKey: .lang),
            family: values.decode(String.self, forKey: .family),
            isClosed: values.decodeIfPresent(Bool.self, forKey: .closed) ?? false,
            isPrivate: values.decodeIfPresent(Bool.self, forKey: .private) ?? false,
            isFishbowl: values.decodeIfPresent(Bool.self, forKey: .fishbowl) ?? false,
            name: values.decodeIfPresent(String.self, forKey: .name)
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(dbname, forKey: .dbname)
        try values.encode(url, forKey: .url)
        try values.encode(language, forKey: .lang)
        try values.encode(family, forKey: .family)
        if isClosed { try values.encode(true, forKey: .closed) }
        if isPrivate { try values.encode(true, forKey: .private) }
        if isFishbowl { try values.encode(true, forKey: .fishbowl) }
        try values.encodeIfPresent(name, forKey: .name)
    }
}
