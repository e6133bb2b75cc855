/// The coordinator didn't do what was asked.
package struct CoordinatorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    package enum Kind: Sendable, Equatable {
        /// No answer in time. Whether the request had an effect isn't known.
        case unreachable
        /// The coordinator refused; the request had no effect.
        case refused(WireRefusal.Code)
        /// Something answers at the address that isn't a coordinator.
        case notACoordinator
    }

    package let kind: Kind
    package let address: String
    /// One line, with what to do next where that is known.
    package let detail: String
    /// The coordinator wants the request not to be repeated earlier.
    package let retryAfter: Duration

    package init(_ kind: Kind, address: String, detail: String, retryAfter: Duration = .zero) {
        self.kind = kind
        self.address = address
        self.detail = detail
        self.retryAfter = retryAfter
    }

    init(_ refusal: WireRefusal, address: String) {
        self.init(
            .refused(refusal.code),
            address: address,
            detail: refusal.message,
            retryAfter: .milliseconds(refusal.retryAfterMilliseconds)
        )
    }

    package var description: String {
        switch kind {
        case .unreachable: "no coordinator reached at \(address): \(detail)"
        case .refused: "the coordinator at \(address) refused: \(detail)"
        case .notACoordinator: "what answers at \(address) is no Perigee coordinator: \(detail)"
        }
    }
}
