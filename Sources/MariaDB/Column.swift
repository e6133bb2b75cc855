/// One parameter of a bulk statement: its values for all rows.
package struct Column: Sendable {
    enum Storage: Sendable {
        case ints([Int64])
        case uints([UInt64])
        case doubles([Double])
        case bytes([[UInt8]])
        case strings([String])
        case timestamps([Timestamp])
    }

    let storage: Storage
    /// True where the row has NULL; `nil` when none has.
    let nulls: [Bool]?

    private init(_ storage: Storage, nulls: [Bool]? = nil) {
        self.storage = storage
        self.nulls = nulls
    }

    private init<Element>(_ values: [Element?], filler: Element, _ make: ([Element]) -> Storage) {
        self.init(make(values.map { $0 ?? filler }), nulls: values.map { $0 == nil })
    }

    /// Signed integers.
    package static func ints(_ values: [Int64]) -> Column { Column(.ints(values)) }
    /// Signed integers, `nil` for NULL.
    package static func ints(_ values: [Int64?]) -> Column { Column(values, filler: 0, Storage.ints) }
    /// Unsigned integers.
    package static func uints(_ values: [UInt64]) -> Column { Column(.uints(values)) }
    /// Unsigned integers, `nil` for NULL.
    package static func uints(_ values: [UInt64?]) -> Column { Column(values, filler: 0, Storage.uints) }
    /// Floating-point numbers.
    package static func doubles(_ values: [Double]) -> Column { Column(.doubles(values)) }
    /// Floating-point numbers, `nil` for NULL.
    package static func doubles(_ values: [Double?]) -> Column { Column(values, filler: 0, Storage.doubles) }
    /// Bytes, for which no character set is involved.
    package static func bytes(_ values: [[UInt8]]) -> Column { Column(.bytes(values)) }
    /// Bytes, `nil` for NULL.
    package static func bytes(_ values: [[UInt8]?]) -> Column { Column(values, filler: [], Storage.bytes) }
    /// UTF-8 text.
    package static func strings(_ values: [String]) -> Column { Column(.strings(values)) }
    /// UTF-8 text, `nil` for NULL.
    package static func strings(_ values: [String?]) -> Column { Column(values, filler: "", Storage.strings) }
    /// Points in time.
    package static func timestamps(_ values: [Timestamp]) -> Column { Column(.timestamps(values)) }
    /// Points in time, `nil` for NULL.
    package static func timestamps(_ values: [Timestamp?]) -> Column {
        Column(values, filler: Timestamp(microseconds: 0), Storage.timestamps)
    }

    /// How many rows it has.
    package var count: Int {
        switch storage {
        case .ints(let values): values.count
        case .uints(let values): values.count
        case .doubles(let values): values.count
        case .bytes(let values): values.count
        case .strings(let values): values.count
        case .timestamps(let values): values.count
        }
    }

    /// What the row adds to a packet, in bytes, at most.
    func packetBytes(row: Int) -> Int {
        switch storage {
        case .bytes(let values): values[row].count + 10
        case .strings(let values): values[row].utf8.count + 10
        case .ints, .uints, .doubles, .timestamps: 13
        }
    }
}

/// Cuts the rows of a bulk statement into pieces that fit into one packet each.
struct BulkSlices: Sequence, IteratorProtocol {
    let columns: [Column]
    let rowLimit: Int
    let byteLimit: Int
    private let count: Int
    private var start = 0

    init(_ columns: [Column], rowLimit: Int, byteLimit: Int) {
        self.columns = columns
        self.rowLimit = Swift.max(1, rowLimit)
        self.byteLimit = byteLimit
        count = columns.first?.count ?? 0
    }

    /// The next rows and their bytes. A row that is over the byte limit alone is a piece of its own.
    mutating func next() -> (rows: Range<Int>, bytes: Int)? {
        guard start < count else { return nil }
        var end = start
        var bytes = 0
        while end < count, end - start < rowLimit {
            let row = columns.reduce(0) { $0 + $1.packetBytes(row: end) }
            if end > start, bytes + row > byteLimit { break }
            bytes += row
            end += 1
        }
        defer { start = end }
        return (start..<end, bytes)
    }
}
