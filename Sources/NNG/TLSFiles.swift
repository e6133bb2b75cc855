package import FoundationEssentials
import Glibc

/// The PEM files that a side of a TLS connection needs. They are read when they are used, so that a renewed
/// certificate takes effect with the next dialer or the next update of the listener.
package struct TLSFiles: Sendable, Equatable {
    /// Path of the certificates of the CAs that the peer's certificate must be signed by.
    package var authority: String
    /// Path of our own certificate, with those between it and the CA's.
    package var certificate: String
    /// Path of the private key of our certificate, not encrypted.
    package var key: String
    /// Path of a list of revoked certificates. Its CA must sign a new one before it runs out: mbedTLS refuses every
    /// certificate while the list is out of date.
    package var revocations: String?
    /// The DNS name that the peer's certificate must have; mandatory for dialing. nng 1.5.2 doesn't check the name
    /// without it, and can't check an IP address.
    package var serverName: String?

    /// Names the files; nothing is read yet.
    package init(
        authority: String,
        certificate: String,
        key: String,
        revocations: String? = nil,
        serverName: String? = nil
    ) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.revocations = revocations
        self.serverName = serverName
    }

    /// When our own certificate runs out.
    /// - Throws: ``TLSFileError``.
    package func certificateExpiry() throws(TLSFileError) -> Date {
        try validities(in: certificate)[0].upperBound
    }

    /// When the last of the CAs' certificates runs out.
    /// - Throws: ``TLSFileError``.
    package func authorityExpiry() throws(TLSFileError) -> Date {
        try validities(in: authority).map(\.upperBound).max() ?? .distantPast
    }

    /// The files' contents, after a check that they can be used now.
    /// - Throws: ``TLSFileError``.
    func contents(now: Date = Date()) throws(TLSFileError) -> TLSContents {
        let contents = TLSContents(
            authority: try Self.read(authority, block: "CERTIFICATE"),
            certificate: try Self.read(certificate, block: "CERTIFICATE"),
            key: try Self.read(key, block: "PRIVATE KEY"),
            revocations: try readRevocations()
        )
        try Self.check(try validities(in: certificate).prefix(1), of: certificate, now: now)
        try Self.check(try validities(in: authority)[...], of: authority, now: now)
        return contents
    }

    /// One of the certificates has to be valid: while a CA is being replaced, its file has the old and the new one.
    private static func check(
        _ validities: ArraySlice<ClosedRange<Date>>,
        of path: String,
        now: Date
    ) throws(TLSFileError) {
        guard !validities.contains(where: { $0.contains(now) }), let first = validities.first else { return }
        throw TLSFileError(
            path: path,
            problem: now > first.upperBound ? .expired(first.upperBound) : .notYetValid(first.lowerBound)
        )
    }

    /// The name to check the peer's certificate for.
    /// - Throws: ``TLSFileError`` when there is none or it's an IP address.
    func checkedServerName() throws(TLSFileError) -> String {
        guard let serverName, !serverName.isEmpty else { throw TLSFileError(path: nil, problem: .noServerName) }
        var buffer = in6_addr()
        if inet_pton(AF_INET, serverName, &buffer) == 1 || inet_pton(AF_INET6, serverName, &buffer) == 1 {
            throw TLSFileError(path: nil, problem: .addressAsServerName(serverName))
        }
        return serverName
    }

    private func readRevocations() throws(TLSFileError) -> String? {
        guard let revocations else { return nil }
        return try Self.read(revocations, block: "X509 CRL")
    }

    /// Those of the certificates of a file, of which there is at least one.
    private func validities(in path: String) throws(TLSFileError) -> [ClosedRange<Date>] {
        let validities = CertificateValidity.all(in: try Self.read(path, block: "CERTIFICATE"))
        guard !validities.isEmpty else { throw TLSFileError(path: path, problem: .notPEM(block: "CERTIFICATE")) }
        return validities
    }

    private static func read(_ path: String, block: String) throws(TLSFileError) -> String {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path)) } catch {
            throw TLSFileError(path: path, problem: .unreadable(String(cString: strerror(error.posixNumber ?? EIO))))
        }
        // A certificate store of a whole system is 200 KB.
        guard data.count < 1 << 22, let text = String(bytes: data, encoding: .utf8), !text.contains("\0"),
            text.contains(block + "-----")
        else { throw TLSFileError(path: path, problem: .notPEM(block: block)) }
        return text
    }
}

/// What is in ``TLSFiles``; not to be shown.
struct TLSContents: Sendable {
    let authority: String
    let certificate: String
    let key: String
    let revocations: String?
}

extension Error {
    /// The system's error number beneath an error of Foundation.
    fileprivate var posixNumber: Int32? {
        if let error = self as? POSIXError { return error.code.rawValue }
        guard let underlying = (self as? CocoaError)?.underlying else { return nil }
        return (underlying as? POSIXError)?.code.rawValue
    }
}
