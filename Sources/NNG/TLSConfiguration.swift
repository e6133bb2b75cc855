import CNNG

/// A TLS configuration of nng, freed with the last reference; what it was set on keeps its own.
struct TLSConfiguration: ~Copyable {
    let pointer: OpaquePointer

    /// Reads `files` for a side that dials.
    /// - Throws: ``TLSFileError``, or ``NNGErrorCode``.
    static func dialer(_ files: TLSFiles) throws -> TLSConfiguration {
        let name = try files.checkedServerName()
        let configuration = try make(NNG_TLS_MODE_CLIENT, files)
        // Without it nng takes any name: the URL's host isn't used when there's a configuration.
        try NNGErrorCode.check(nng_tls_config_server_name(configuration.pointer, name))
        return configuration
    }

    /// Reads `files` for a side that listens, and demands a certificate of the peer.
    /// - Throws: ``TLSFileError``, or ``NNGErrorCode``.
    static func listener(_ files: TLSFiles) throws -> TLSConfiguration {
        try make(NNG_TLS_MODE_SERVER, files)
    }

    private init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    private static func make(_ mode: nng_tls_mode, _ files: TLSFiles) throws -> TLSConfiguration {
        let contents = try files.contents()
        var allocated: OpaquePointer?
        try NNGErrorCode.check(nng_tls_config_alloc(&allocated, mode))
        guard let allocated else { throw NNGErrorCode.outOfMemory }
        let configuration = TLSConfiguration(adopting: allocated)
        try NNGErrorCode.check(nng_tls_config_auth_mode(allocated, NNG_TLS_AUTH_MODE_REQUIRED))
        guard nng_tls_config_ca_chain(allocated, contents.authority, nil) == 0 else {
            throw TLSFileError(path: files.authority, problem: .refused)
        }
        if let revocations = contents.revocations {
            // The authority a second time does no harm: nng takes a list of revocations only along with it.
            guard nng_tls_config_ca_chain(allocated, contents.authority, revocations) == 0 else {
                throw TLSFileError(path: files.revocations, problem: .refused)
            }
        }
        guard nng_tls_config_own_cert(allocated, contents.certificate, contents.key, nil) == 0 else {
            throw TLSFileError(path: files.key, problem: .refused)
        }
        return configuration
    }

    deinit { nng_tls_config_free(pointer) }
}
