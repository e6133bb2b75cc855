import CCurl

/// Why a request brought no answer.
package struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    package enum Code: String, Sendable, CaseIterable {
        /// The request's deadline passed.
        case timeout
        /// Too little arrived for the request's stall deadline.
        case stalled
        /// The body is longer than the request's limit.
        case bodyTooLarge
        /// The host's name isn't known, or no name server answers.
        case cannotResolve
        /// The host refuses the connection or doesn't take it in the connect timeout.
        case cannotConnect
        /// The TLS handshake failed, or the certificate isn't trusted.
        case tls
        /// The connection broke before the answer was complete.
        case connectionLost
        /// The compressed body is broken or cut short.
        case badContentEncoding
        /// The peer doesn't speak HTTP as it should.
        case protocolError
        /// A redirect leads elsewhere, or there are too many.
        case redirectRefused
        /// The task that asked was cancelled, or the stream was dropped.
        case cancelled
        /// The URL isn't an absolute http or https URL.
        case invalidURL
        /// A header of the request would break the message.
        case invalidRequest
        /// The client has as many requests as its settings allow.
        case clientFull
        /// The client was shut down.
        case shutDown
        /// Anything else: see curl's code and message.
        case other
    }

    /// What went wrong.
    package let code: Code
    /// The URL without credentials, fragment, and values of the query that look secret.
    package let url: String
    /// libcurl's `CURLcode`, or 0 when the failure is this client's own.
    package let curlCode: Int
    /// What went wrong in words.
    package let message: String

    init(_ code: Code, url: String, curlCode: Int = 0, message: String) {
        self.code = code
        self.url = URLRedaction.redact(url)
        self.curlCode = curlCode
        self.message = message
    }

    /// Whether the same request may well succeed later.
    package var isTransient: Bool {
        switch code {
        case .timeout, .stalled, .cannotResolve, .cannotConnect, .connectionLost, .badContentEncoding, .protocolError,
            .clientFull:
            true
        case .tls:
            // A handshake that breaks off can be a restart of the peer; a certificate that isn't trusted stays so.
            curlCode == Int(CURLE_SSL_CONNECT_ERROR.rawValue)
        case .bodyTooLarge, .redirectRefused, .cancelled, .invalidURL, .invalidRequest, .shutDown, .other:
            false
        }
    }

    package var description: String {
        let origin = curlCode == 0 ? "" : " (curl \(curlCode))"
        return "\(url): \(code.rawValue): \(message)\(origin)"
    }
}

extension HTTPError.Code {
    /// What a code of libcurl means here.
    init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve
            // The deadline of the whole is the loop's own, so libcurl's can only be that of the connect.
            case CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT: .cannotConnect
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND,
                CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM,
                CURLE_SSL_SHUTDOWN_FAILED:
                .connectionLost
            case CURLE_BAD_CONTENT_ENCODING: .badContentEncoding
            // The URL is checked before libcurl sees it, so an unsupported protocol is an answer in HTTP/0.9.
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2: .protocolError
            case CURLE_URL_MALFORMAT: .invalidURL
            case CURLE_FILESIZE_EXCEEDED: .bodyTooLarge
            default: .other
            }
    }
}
