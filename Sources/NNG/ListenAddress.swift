import Glibc

/// The host and port in an nng URL of TCP or TLS.
struct ListenAddress {
    let scheme: String
    let host: String
    let port: String

    /// `nil` for URLs of another kind, such as `inproc://name`.
    init?(_ url: String) {
        guard let schemeEnd = url.firstRange(of: "://"), let colon = url.lastIndex(of: ":"),
            colon >= schemeEnd.upperBound, url.hasPrefix("tcp") || url.hasPrefix("tls+tcp")
        else { return nil }
        scheme = String(url[..<schemeEnd.lowerBound])
        host = String(url[schemeEnd.upperBound..<colon])
        port = String(url[url.index(after: colon)...])
    }

    /// The URL with another port.
    func url(port: Int32) -> String { "\(scheme)://\(host):\(port)" }

    /// A host by which this machine reaches the listener.
    private var ownHost: String {
        switch host {
        case "", "*", "0.0.0.0": "127.0.0.1"
        case "[::]": "[::1]"
        default: host
        }
    }

    /// The URL by which this machine reaches the listener.
    var ownURL: String { "\(scheme)://\(ownHost):\(port)" }

    /// Connects to the listener, and hangs up without a word. Blocks, for the moment that it takes on one machine.
    func knock() {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let name = ownHost.filter { $0 != "[" && $0 != "]" }
        guard getaddrinfo(name, port, &hints, &found) == 0, let found else { return }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype, found.pointee.ai_protocol)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen)
    }
}
