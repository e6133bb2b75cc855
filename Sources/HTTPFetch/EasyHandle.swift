import CCurl

/// One easy handle of libcurl with its options. It belongs to the loop's thread.
final class EasyHandle {
    /// libcurl's handle, valid as long as this object.
    let pointer: UnsafeMutableRawPointer
    /// Host and port of the request.
    let host: String
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorBuffer: UnsafeMutablePointer<CChar>

    /// Makes a handle for `request`.
    /// - Throws: ``HTTPError`` with `invalidURL`, `invalidRequest` or `other`.
    init(request: HTTPRequest, settings: HTTPClientSettings) throws(HTTPError) {
        guard let url = HTTPURL(request.url) else {
            throw HTTPError(.invalidURL, url: request.url, message: "not an absolute http or https URL")
        }
        host = "\(url.host):\(url.port)"
        guard let handle = curl_easy_init() else {
            throw HTTPError(.other, url: request.url, message: "libcurl makes no handle: out of memory")
        }
        pointer = handle
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try configure(request, settings)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerList)
        errorBuffer.deallocate()
    }

    private func configure(_ request: HTTPRequest, _ settings: HTTPClientSettings) throws(HTTPError) {
        shim_easy_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorBuffer)
        shim_easy_use_private_sockets(pointer)
        set(CURLOPT_URL, request.url)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_USERAGENT, settings.userAgent)
        set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        set(CURLOPT_PIPEWAIT, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let file = settings.certificateAuthorityFile { set(CURLOPT_CAINFO, file) }
        if let limit = request.bodyLimit { setOffset(CURLOPT_MAXFILESIZE_LARGE, Int64(limit)) }
        if let range = request.range {
            set(CURLOPT_RANGE, "\(range.first)-\(range.last.map(String.init) ?? "")")
        } else if request.acceptsCompression {
            set(CURLOPT_ACCEPT_ENCODING, "")
        }
        if case .post(let form) = request.method {
            let body = HTTPFormField.encode(form)
            setOffset(CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.utf8.count))
            set(CURLOPT_COPYPOSTFIELDS, body)
            // Else a long form waits a second for a `100 Continue` that most servers never send.
            headerList = curl_slist_append(headerList, "Expect:")
        }
        for field in request.headers {
            guard let line = Self.line(field) else {
                throw HTTPError(.invalidRequest, url: request.url, message: "header \"\(field.name)\" can't be sent")
            }
            headerList = curl_slist_append(headerList, line)
        }
        if headerList != nil { shim_easy_set_pointer(pointer, CURLOPT_HTTPHEADER, headerList) }
    }

    /// libcurl's form of a header; `nil` when it would break out of its line.
    private static func line(_ field: HTTPHeaders.Field) -> String? {
        let breaks: (UInt8) -> Bool = { $0 == 0x0a || $0 == 0x0d || $0 == 0 }
        guard !field.name.isEmpty, !field.name.utf8.contains(where: { breaks($0) || $0 <= 0x20 || $0 == 0x3a }),
            !field.value.utf8.contains(where: breaks)
        else { return nil }
        // A semicolon is how libcurl is asked for a header without a value.
        return field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
    }

    private func set(_ option: CURLoption, _ value: Int) { shim_easy_set_long(pointer, option, value) }
    private func set(_ option: CURLoption, _ value: String) { shim_easy_set_string(pointer, option, value) }
    private func setOffset(_ option: CURLoption, _ value: Int64) {
        shim_easy_set_offset(pointer, option, curl_off_t(value))
    }

    /// Directs what arrives to `owner`, which must outlive the transfer.
    func setCallbacks(owner: Transfer) {
        let reference = Unmanaged.passUnretained(owner).toOpaque()
        shim_easy_set_data_function(pointer, CURLOPT_HEADERFUNCTION, headerArrived)
        shim_easy_set_pointer(pointer, CURLOPT_HEADERDATA, reference)
        shim_easy_set_data_function(pointer, CURLOPT_WRITEFUNCTION, bodyArrived)
        shim_easy_set_pointer(pointer, CURLOPT_WRITEDATA, reference)
    }

    /// Lets a paused transfer go on. The write callback may run within.
    func unpause() { curl_easy_pause(pointer, CURLPAUSE_CONT) }

    /// Sets the next URL. `asGet` drops the body of a form, as browsers do after 301, 302 and 303.
    func redirect(to url: String, asGet: Bool) {
        set(CURLOPT_URL, url)
        if asGet { set(CURLOPT_HTTPGET, 1) }
    }

    /// How long it took until there was a connection and the request went out on it; `nil` before.
    var timeToSend: Duration? {
        let microseconds = offset(CURLINFO_PRETRANSFER_TIME_T)
        return microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Bytes that came over the network for the last answer: head, and body before decompression.
    var wireBytes: Int {
        var head = 0
        shim_easy_get_long(pointer, CURLINFO_HEADER_SIZE, &head)
        return head + Int(offset(CURLINFO_SIZE_DOWNLOAD_T))
    }

    /// Where the last answer leads, as an absolute URL.
    var redirectURL: String? {
        var text: UnsafeMutablePointer<CChar>?
        shim_easy_get_string(pointer, CURLINFO_REDIRECT_URL, &text)
        return text.map { String(cString: $0) }
    }

    /// What libcurl says of its failure.
    func message(for code: CURLcode) -> String {
        let detail = String(cString: errorBuffer)
        return detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    }

    private func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        shim_easy_get_offset(pointer, info, &value)
        return Int64(value)
    }
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let owner else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue().receive(headerLine: line) ? line.count : -1
}

private func bodyArrived(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let owner else { return 0 }
    let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue().receive(body: body)
}

extension Duration {
    /// In whole milliseconds, rounded up, and at least 1: 0 would mean libcurl's default.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let rounded = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return max(1, Int(min(seconds, Int64(Int32.max / 1000) - 1) * 1000 + rounded))
    }
}
