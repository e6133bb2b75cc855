import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct ValueTests {
    @Test func smoke() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let connection = try await Connection.open(settings)
        let rows = try await connection.rows("SELECT ? AS a, ? AS b", [.int(-3), .string("x")])
        #expect(try rows[0].decode("a") == -3)
        #expect(try rows[0].decode("b") == "x")
    }
}
