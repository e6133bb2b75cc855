import MariaDB

/// A list of `?` for IN, of one of a few lengths, so that few statements are prepared and each of them often used.
struct KeyList {
    private static let lengths = [1, 10, 100, 500]

    /// As many `?` as there are values, with commas between them.
    let placeholders: String
    /// The keys, the last one repeated up to the length of the list.
    let values: [Value]

    private init(_ keys: ArraySlice<Value>, length: Int) {
        placeholders = repeatElement("?", count: length).joined(separator: ",")
        values = Array(keys) + repeatElement(keys.last ?? .null, count: length - keys.count)
    }

    /// Lists that have all of `keys` together, none of them longer than 500. No keys make no list.
    static func lists(of keys: [Value]) -> [KeyList] {
        let longest = lengths.last ?? 1
        return stride(from: 0, to: keys.count, by: longest).map { start in
            let piece = keys[start..<min(start + longest, keys.count)]
            return KeyList(piece, length: lengths.first { $0 >= piece.count } ?? longest)
        }
    }
}

extension Value {
    /// The UTF-8 of a name, for a column of bytes.
    static func name(_ name: String) -> Value { .bytes(Array(name.utf8)) }
}
