import CMariaDB

/// The parameters of one execution, in the form and the memory that the library reads them from.
struct Parameters {
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    let arena = Arena()

    /// One value each.
    init(_ values: [Value]) {
        binds = arena.allocate(values.count, of: MYSQL_BIND())
        for (index, value) in values.enumerated() { bind(value, at: index) }
    }

    /// One array each: the rows `rows` of the columns.
    init(_ columns: [Column], rows: Range<Int>) {
        binds = arena.allocate(columns.count, of: MYSQL_BIND())
        for (index, column) in columns.enumerated() { bind(column, rows, at: index) }
    }

    private func bind(_ value: Value, at index: Int) {
        switch value {
        case .null:
            binds[index].buffer_type = MYSQL_TYPE_NULL
        case .int(let number):
            set(index, MYSQL_TYPE_LONGLONG, arena.allocate(1, of: number))
        case .uint(let number):
            set(index, MYSQL_TYPE_LONGLONG, arena.allocate(1, of: number))
            binds[index].is_unsigned = 1
        case .double(let number):
            set(index, MYSQL_TYPE_DOUBLE, arena.allocate(1, of: number))
        case .datetime(let time):
            set(index, MYSQL_TYPE_DATETIME, arena.allocate(1, of: time.mysqlTime))
        case .bytes(let bytes):
            bind(bytes, MYSQL_TYPE_BLOB, at: index)
        case .string(let text):
            bind(text.utf8, MYSQL_TYPE_STRING, at: index)
        }
    }

    private func bind(_ bytes: some Collection<UInt8>, _ type: enum_field_types, at index: Int) {
        let count = bytes.count
        let copy = arena.allocateBytes(count)
        UnsafeMutableRawBufferPointer(start: copy, count: count).copyBytes(from: bytes)
        set(index, type, copy)
        binds[index].buffer_length = UInt(count)
    }

    private func bind(_ column: Column, _ rows: Range<Int>, at index: Int) {
        if let nulls = column.nulls {
            let indicators = nulls[rows].map { CChar($0 ? STMT_INDICATOR_NULL.rawValue : STMT_INDICATOR_NONE.rawValue) }
            binds[index].u.indicator = arena.copy(indicators[...])
        }
        switch column.storage {
        case .ints(let values):
            set(index, MYSQL_TYPE_LONGLONG, arena.copy(values[rows]))
        case .uints(let values):
            set(index, MYSQL_TYPE_LONGLONG, arena.copy(values[rows]))
            binds[index].is_unsigned = 1
        case .doubles(let values):
            set(index, MYSQL_TYPE_DOUBLE, arena.copy(values[rows]))
        case .timestamps(let values):
            let times = arena.copy(values[rows].map(\.mysqlTime)[...])
            set(index, MYSQL_TYPE_DATETIME, arena.copy((0..<rows.count).map { times + $0 }[...]))
        case .bytes(let values):
            bind(all: values[rows], MYSQL_TYPE_BLOB, at: index)
        case .strings(let values):
            bind(all: values[rows].lazy.map(\.utf8), MYSQL_TYPE_STRING, at: index)
        }
    }

    /// Copies the elements one behind the other, and gives the library an array of pointers and one of lengths.
    private func bind(
        all elements: some Collection<some Collection<UInt8>>,
        _ type: enum_field_types,
        at index: Int
    ) {
        let lengths = elements.map { UInt($0.count) }
        let copy = arena.allocateBytes(Int(lengths.reduce(0, +)))
        var pointers: [UnsafeMutableRawPointer] = []
        pointers.reserveCapacity(lengths.count)
        var offset = 0
        for (element, length) in zip(elements, lengths) {
            let start = copy + offset
            UnsafeMutableRawBufferPointer(start: start, count: Int(length)).copyBytes(from: element)
            pointers.append(start)
            offset += Int(length)
        }
        set(index, type, arena.copy(pointers[...]))
        binds[index].length = arena.copy(lengths[...])
    }

    private func set(_ index: Int, _ type: enum_field_types, _ buffer: UnsafeMutableRawPointer) {
        binds[index].buffer_type = type
        binds[index].buffer = buffer
    }
}
