import MariaDB
import PrivateMariaDB
import Testing

/// What is written in several transactions.
@Suite(.timeLimit(.minutes(1))) struct PiecesTests {
    /// The pieces in which ten items of 0 to 9 bytes are handed over.
    private func pieces(
        byteLimit: Int,
        _ write: ([Int]) async throws -> Void = { _ in }
    ) async throws -> [[Int]] {
        var pieces: [[Int]] = []
        var last: [Bool] = []
        try await writeInPieces(Array(0..<10), byteLimit: byteLimit, bytes: { $0 }) { piece, isLast in
            try await write(Array(piece))
            pieces.append(Array(piece))
            last.append(isLast)
        }
        #expect(last == pieces.indices.map { $0 == pieces.count - 1 })
        return pieces
    }

    @Test func piecesAreBoundedByBytes() async throws {
        #expect(try await pieces(byteLimit: 45) == [Array(0..<10)])
        #expect(try await pieces(byteLimit: 10) == [[0, 1, 2, 3, 4], [5], [6], [7], [8], [9]])
        // What is larger than that goes alone.
        #expect(try await pieces(byteLimit: 3) == [[0, 1, 2], [3], [4], [5], [6], [7], [8], [9]])
    }

    @Test func nothingIsOnePiece() async throws {
        var calls: [Bool] = []
        try await writeInPieces([Int](), byteLimit: 1, bytes: { $0 }) { piece, isLast in
            #expect(piece.isEmpty)
            calls.append(isLast)
        }
        #expect(calls == [true])
    }

    @Test func killedPiecesAreHalved() async throws {
        let connection = try await Connection.open(PrivateMariaDB.shared.makeDatabase())
        let pieces = try await pieces(byteLimit: 1000) { piece in
            if piece.count > 2 { try await connection.execute("SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1969") }
        }
        #expect(pieces == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]])
        await connection.close()
    }

    @Test func otherErrorsAndSingleItemsEndIt() async throws {
        let connection = try await Connection.open(PrivateMariaDB.shared.makeDatabase())
        for (code, expected) in [(1969, [10, 5, 2, 1]), (1317, [10, 5, 2, 1]), (1213, [10])] {
            var sizes: [Int] = []
            let error = await #expect(throws: MariaDBError.self) {
                _ = try await pieces(byteLimit: 1000) { piece in
                    sizes.append(piece.count)
                    try await connection.execute("SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = \(code)")
                }
            }
            #expect(error?.code == code)
            #expect(sizes == expected)
        }
        await connection.close()
    }
}
