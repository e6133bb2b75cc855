import MariaDB
import Protocol

/// A request that has no effect, and why.
struct RefusalError: Error, Sendable {
    let code: WireRefusal.Code
    let message: String
    let retryAfter: Duration

    init(_ code: WireRefusal.Code, _ message: String, retryAfter: Duration = .zero) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// The database takes no writes just now.
    static let unavailable = RefusalError(
        .unavailable,
        "the coordinator can't write to its database just now",
        retryAfter: .seconds(2)
    )

    /// As many requests as may be wait for an answer.
    static let overloaded = RefusalError(
        .overloaded,
        "too many requests wait for the coordinator's answer just now",
        retryAfter: .seconds(2)
    )

    var refusal: WireRefusal {
        var refusal = WireRefusal()
        refusal.code = code
        refusal.message = message
        refusal.retryAfterMilliseconds = UInt32(clamping: retryAfter.microseconds / 1000)
        return refusal
    }
}
