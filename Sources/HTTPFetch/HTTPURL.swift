import CCurl

/// The parts of a URL that decide where a request goes, as libcurl itself reads them.
struct HTTPURL {
    let scheme: String
    /// In lower case.
    let host: String
    let port: Int

    /// `nil` unless `text` is an absolute http or https URL with a host.
    init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: handle)?.lowercased(),
            let host = Self.part(CURLUPART_HOST, of: handle)?.lowercased(), !host.isEmpty,
            let port = Self.part(CURLUPART_PORT, of: handle, flags: UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }),
            scheme == "http" || scheme == "https"
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    /// Whether a redirect from here to `target` stays on the same site.
    func isSameSite(as target: HTTPURL) -> Bool {
        guard host == target.host else { return false }
        if scheme == target.scheme { return port == target.port }
        return scheme == "http" && port == 80 && target.scheme == "https" && target.port == 443
    }
}
