import CMariaDB

/// The columns of a statement's result: the memory that the library fetches a row into, and how it becomes values.
final class ResultColumns {
    private enum Kind {
        case int, uint, double, time, wholeDecimal, bytes
    }

    let names: ColumnNames
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let kinds: [Kind]
    private let arena = Arena()
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<my_bool>
    private let words: UnsafeMutablePointer<UInt64>
    private let times: UnsafeMutablePointer<MYSQL_TIME>

    init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) {
        names = ColumnNames(
            fields.map { field in
                let bytes = UnsafeRawBufferPointer(start: field.name, count: Int(field.name_length))
                return String(decoding: bytes, as: UTF8.self)
            }
        )
        kinds = fields.map(Self.kind)
        binds = arena.allocate(fields.count, of: MYSQL_BIND())
        lengths = arena.allocate(fields.count, of: 0)
        nulls = arena.allocate(fields.count, of: 0)
        words = arena.allocate(fields.count, of: 0)
        times = arena.allocate(fields.count, of: MYSQL_TIME())
        for (index, kind) in kinds.enumerated() {
            binds[index].length = lengths + index
            binds[index].is_null = nulls + index
            switch kind {
            case .int, .uint:
                binds[index].buffer_type = MYSQL_TYPE_LONGLONG
                binds[index].is_unsigned = kind == .uint ? 1 : 0
                binds[index].buffer = UnsafeMutableRawPointer(words + index)
            case .double:
                binds[index].buffer_type = MYSQL_TYPE_DOUBLE
                binds[index].buffer = UnsafeMutableRawPointer(words + index)
            case .time:
                binds[index].buffer_type = MYSQL_TYPE_DATETIME
                binds[index].buffer = UnsafeMutableRawPointer(times + index)
            case .wholeDecimal, .bytes:
                // No buffer: only the length is fetched with the row, the content then into memory of its size.
                binds[index].buffer_type = MYSQL_TYPE_BLOB
            }
        }
    }

    private static func kind(of field: MYSQL_FIELD) -> Kind {
        switch field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
            field.flags & UInt32(UNSIGNED_FLAG) != 0 ? .uint : .int
        case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: .double
        case MYSQL_TYPE_DATE, MYSQL_TYPE_NEWDATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP: .time
        case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: field.decimals == 0 ? .wholeDecimal : .bytes
        default: .bytes
        }
    }

    /// The row that `statement` has just fetched, and the bytes of its variable fields; `nil` when the library fails.
    func currentRow(of statement: UnsafeMutablePointer<MYSQL_STMT>) -> (row: Row, bytes: Int)? {
        var values: [Value] = []
        values.reserveCapacity(kinds.count)
        var byteCount = 0
        for (index, kind) in kinds.enumerated() {
            if nulls[index] != 0 {
                values.append(.null)
                continue
            }
            switch kind {
            case .int: values.append(.int(Int64(bitPattern: words[index])))
            case .uint: values.append(.uint(words[index]))
            case .double: values.append(.double(Double(bitPattern: words[index])))
            case .time: values.append(Value(times[index]))
            case .wholeDecimal, .bytes:
                guard let bytes = content(ofColumn: index, in: statement) else { return nil }
                byteCount += bytes.count
                values.append(kind == .bytes ? .bytes(bytes) : Self.whole(bytes))
            }
        }
        return (Row(columns: names, values: values), byteCount)
    }

    private func content(ofColumn index: Int, in statement: UnsafeMutablePointer<MYSQL_STMT>) -> [UInt8]? {
        let count = Int(lengths[index])
        guard count > 0 else { return [] }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var bind = MYSQL_BIND()
            bind.buffer_type = MYSQL_TYPE_BLOB
            bind.buffer = UnsafeMutableRawPointer(buffer.baseAddress)
            bind.buffer_length = UInt(count)
            code = mysql_stmt_fetch_column(statement, &bind, UInt32(index), 0)
            filled = code == 0 ? count : 0
        }
        return code == 0 ? bytes : nil
    }

    private static func whole(_ bytes: [UInt8]) -> Value {
        let text = String(decoding: bytes, as: UTF8.self)
        if let number = Int64(text) { return .int(number) }
        if let number = UInt64(text) { return .uint(number) }
        return .bytes(bytes)
    }
}
