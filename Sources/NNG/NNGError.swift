import CNNG

/// What went wrong in nng, where, and what to do about it.
package struct NNGError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done.
    package enum Operation: String, Sendable {
        /// Making a socket, a context or a TLS configuration.
        case open
        /// Binding the listener.
        case listen
        /// Connecting to the peer.
        case dial
        /// Waiting for one of the socket's contexts.
        case wait
        /// Handing the message over to a connection.
        case send
        /// Waiting for a message.
        case receive
        /// Reading an answer of the wrong kind.
        case answer
        /// Taking down a connection.
        case close
    }

    /// The kind of error.
    package let code: NNGErrorCode
    /// What was being done.
    package let operation: Operation
    /// The URL of the peer or of the listener.
    package let address: String

    /// Makes an error.
    package init(_ code: NNGErrorCode, _ operation: Operation, address: String) {
        self.code = code
        self.operation = operation
        self.address = address
    }

    /// Whether it may go away by itself, so that trying again later makes sense. A wrong certificate, name or address
    /// and a message that is too large don't.
    package var isConnectivity: Bool {
        switch code {
        case .timedOut, .connectionRefused, .connectionReset, .connectionAborted, .unreachable, .tryAgain,
            .tooManyWaiting:
            true
        // A listener that goes down shuts connections too, but only one that was never up says something of the
        // certificate.
        case .connectionShut: operation != .dial
        default: false
        }
    }

    package var description: String {
        "nng \(operation.rawValue) \(address): \(code)" + (advice.map { "; \($0)" } ?? "")
    }

    private var advice: String? {
        switch (operation, code) {
        // Which side refuses can't be told: mbedTLS has one error for "I don't accept yours" and "it says it doesn't
        // accept mine", and a peer that wants a certificate and gets none just hangs up.
        case (.dial, .crypto), (.dial, .connectionShut), (.dial, .connectionReset):
            "the TLS handshake failed: check that our CA file is the one that signed the peer's certificate, that the"
                + " server name is one of its names, that our certificate is of a CA that the peer trusts, for client"
                + " authentication and not revoked, that neither has expired, and that the address is the right one"
        case (.dial, .connectionRefused): "nothing listens there: check the address, and that the peer is up"
        case (.dial, .addressInvalid): "the host can't be resolved, or the address isn't HOST:PORT"
        case (.dial, .unreachable): "no route to the host: check the address and the network"
        case (.dial, .protocolError): "something else than an nng REP socket answers there: check the address"
        case (.dial, .timedOut): "no complete handshake: check the address, the firewall, and that the peer isn't hung"
        case (.listen, .addressInUse): "another process listens there: stop it, or choose another port"
        case (.listen, .addressInvalid): "the host isn't an address of this machine, or the address isn't HOST:PORT"
        case (.listen, .permissionDenied): "choose a port above 1023"
        case (.wait, .timedOut): "all contexts were busy: make fewer requests at once, or raise the number of contexts"
        case (.wait, .tooManyWaiting): "make fewer requests at once, or raise the number of contexts"
        case (.send, .timedOut):
            "there was no connection: check that the peer is up, and our certificate hasn't expired"
        case (.send, .messageTooLarge): "make it smaller, or raise the maximum message size on both ends"
        case (.close, .timedOut): "nng is stuck and won't close any connection of this process: start it anew"
        case (.receive, .timedOut): "the peer didn't answer in time; it may or may not have seen the request"
        case (.receive, .connectionReset):
            "the connection was lost, or the peer found the message too large; it may or may not have seen the request"
        default: nil
        }
    }
}
