/// Hands `items` to `write` in pieces, each of which is to be one transaction.
///
/// A piece has at most `byteLimit` bytes, or one item. One that was killed, mostly for the time that it took
/// (``ErrorClass/killed``), is tried again with half as many items, down to one; the pieces after it are as small.
/// - Parameters:
///   - bytes: what an item counts.
///   - write: called at least once, without items if there are none. What it has thrown at has had no effect.
/// - Throws: what `write` throws.
package func writeInPieces<Item>(
    _ items: [Item],
    byteLimit: Int,
    bytes: (Item) -> Int,
    _ write: (_ piece: ArraySlice<Item>, _ isLast: Bool) async throws -> Void
) async throws {
    var rest = items[...]
    var itemLimit = Int.max
    repeat {
        var size = 0
        var piece = rest.prefix(itemLimit).prefix { item in
            size += bytes(item)
            return size <= byteLimit
        }
        if piece.isEmpty { piece = rest.prefix(1) }
        do {
            try await write(piece, piece.count == rest.count)
            rest = rest.dropFirst(piece.count)
        } catch let error as MariaDBError where error.class == .killed && piece.count > 1 {
            itemLimit = piece.count / 2
        }
    } while !rest.isEmpty
}
