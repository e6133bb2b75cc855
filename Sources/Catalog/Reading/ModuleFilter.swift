import MariaDB

/// Which modules a listing has.
package struct ModuleFilter: Sendable, Equatable {
    /// What a title must be like. Spaces stand for underscores; letters are compared byte by byte.
    package enum Title: Sendable, Equatable {
        /// These bytes occur in it.
        case contains([UInt8])
        /// It is this, where each `*` stands for any bytes or none.
        case pattern([UInt8])
    }

    /// Whether pages that are gone are among them.
    package enum Presence: String, Sendable, CaseIterable {
        case present, deleted, all
    }

    /// The database names of the wikis; all when empty.
    package var wikis: [String] = []
    /// The family of the wikis; all when `nil`.
    package var family: String?
    /// What the title must be like; `nil` for any.
    package var title: Title?
    /// Whether pages that are gone are among them.
    package var presence = Presence.present
    /// The content model; `nil` for any.
    package var contentModel: String?

    /// All pages that are there.
    package init() {}
}

extension ModuleFilter {
    /// The conditions on `modules` as m, each with its values.
    var conditions: [(sql: String, values: [Value])] {
        var conditions: [(sql: String, values: [Value])] = []
        switch presence {
        case .present: conditions.append(("m.deleted_at IS NULL", []))
        case .deleted: conditions.append(("m.deleted_at IS NOT NULL", []))
        case .all: break
        }
        if let contentModel { conditions.append(("m.content_model = ?", [.name(contentModel)])) }
        if let title { conditions.append(("m.title LIKE ? ESCAPE '!'", [.bytes(title.likePattern)])) }
        return conditions
    }
}

extension ModuleFilter.Title {
    /// The operand of LIKE, in which `!` escapes.
    fileprivate var likePattern: [UInt8] {
        let any = UInt8(ascii: "%")
        switch self {
        case .contains(let bytes): return [any] + bytes.flatMap(Self.literal) + [any]
        case .pattern(let bytes): return bytes.flatMap { $0 == UInt8(ascii: "*") ? [any] : Self.literal($0) }
        }
    }

    private static func literal(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: " "): literal(UInt8(ascii: "_"))
        case UInt8(ascii: "%"), UInt8(ascii: "_"), UInt8(ascii: "!"): [UInt8(ascii: "!"), byte]
        default: [byte]
        }
    }
}
