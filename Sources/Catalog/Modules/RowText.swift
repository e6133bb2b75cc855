/// What a row says of its text: the hash of the source, or why there is none.
struct RowText: Equatable {
    var sha256: [UInt8]?
    var reason: NoSourceReason?
    /// The hash of a text that was purged.
    var purged: [UInt8]?

    init(sha256: [UInt8]) { self.sha256 = sha256 }

    init(reason: NoSourceReason?) { self.reason = reason }

    /// The same, without a text that is among these.
    func without(_ hashes: Set<[UInt8]>) -> RowText {
        guard let sha256, hashes.contains(sha256) else { return self }
        var text = RowText(reason: .purged)
        text.purged = sha256
        return text
    }
}

extension NoSourceReason {
    /// As a column has it.
    var bytes: [UInt8] { Array(rawValue.utf8) }
}
