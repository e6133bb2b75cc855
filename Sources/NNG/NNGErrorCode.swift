import CNNG

/// The kind of an ``NNGError``: an error number of nng, or a negative number of our own.
package struct NNGErrorCode: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: Int32

    /// Makes the code with nng's number `rawValue`.
    package init(rawValue: Int32) { self.rawValue = rawValue }

    private init(_ number: nng_errno_enum) { rawValue = Int32(number.rawValue) }

    /// The time for it is over.
    package static let timedOut = Self(NNG_ETIMEDOUT)
    /// Our own socket is closed.
    package static let closed = Self(NNG_ECLOSED)
    /// The task was cancelled.
    package static let cancelled = Self(NNG_ECANCELED)
    /// The connection was lost.
    package static let connectionReset = Self(NNG_ECONNRESET)
    /// Nothing listens there.
    package static let connectionRefused = Self(NNG_ECONNREFUSED)
    /// The connection was given up.
    package static let connectionAborted = Self(NNG_ECONNABORTED)
    /// The peer hung up.
    package static let connectionShut = Self(NNG_ECONNSHUT)
    /// There's no route to the host.
    package static let unreachable = Self(NNG_EUNREACHABLE)
    /// TLS failed.
    package static let crypto = Self(NNG_ECRYPTO)
    /// TLS found that the peer isn't who it should be.
    package static let peerAuthentication = Self(NNG_EPEERAUTH)
    /// The message is larger than both ends have agreed on.
    package static let messageTooLarge = Self(NNG_EMSGSIZE)
    /// The address is malformed or its host unknown.
    package static let addressInvalid = Self(NNG_EADDRINVAL)
    /// Another process listens there.
    package static let addressInUse = Self(NNG_EADDRINUSE)
    /// The system doesn't allow it.
    package static let permissionDenied = Self(NNG_EPERM)
    /// The peer speaks another protocol.
    package static let protocolError = Self(NNG_EPROTO)
    /// There's no such thing for this transport.
    package static let notSupported = Self(NNG_ENOTSUP)
    /// An argument is wrong.
    package static let invalid = Self(NNG_EINVAL)
    /// It's not the time for that operation.
    package static let state = Self(NNG_ESTATE)
    /// The system has no memory for it.
    package static let outOfMemory = Self(NNG_ENOMEM)
    /// A resource is busy for now.
    package static let tryAgain = Self(NNG_EAGAIN)
    /// More callers wait for a context than are allowed to. Not one of nng's.
    package static let tooManyWaiting = Self(rawValue: -1)

    package var description: String {
        self == .tooManyWaiting ? "Too many requests wait" : String(cString: nng_strerror(rawValue))
    }
}
