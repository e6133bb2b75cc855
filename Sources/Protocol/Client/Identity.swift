import Glibc

/// How a process introduces itself to the coordinator.
package struct Identity: Sendable, Equatable {
    /// For people: unique among the processes that run.
    package var name: String
    /// 16 random bytes, drawn once per process.
    package let incarnation: [UInt8]
    package var host: String
    package var processID: UInt32
    package var software: String
    /// The newest schema migration that the program knows.
    package var schema: UInt32
    /// What a worker can do; empty for an operator.
    package var kinds: [String]
    /// How many jobs a worker does at once; 0 for an operator.
    package var slots: UInt32
    /// How many connections a worker opens to the result database while it has leases.
    package var databaseConnections: UInt32

    /// An identity of this process. Without a name it is called after its host and process id.
    package init(
        name: String? = nil,
        incarnation: [UInt8],
        software: String,
        schema: UInt32,
        kinds: [String] = [],
        slots: UInt32 = 0,
        databaseConnections: UInt32 = 0
    ) {
        host = Self.hostName
        processID = UInt32(getpid())
        self.name = name ?? "\(Self.hostName.prefix(48))-\(getpid())"
        self.incarnation = incarnation
        self.software = software
        self.schema = schema
        self.kinds = kinds
        self.slots = slots
        self.databaseConnections = databaseConnections
    }

    /// The name of this host, without its domain.
    package static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = buffer.prefix { $0 != 0 && $0 != CChar(bitPattern: UInt8(ascii: ".")) }.map { UInt8(bitPattern: $0) }
        return String(decoding: name, as: UTF8.self)
    }

    /// Whether a name may stand in `Register`: 1 to 64 characters of `[A-Za-z0-9._-]`.
    package static func isValidName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
