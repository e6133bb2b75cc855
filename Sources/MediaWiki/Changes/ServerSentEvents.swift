/// One event of a stream.
package struct ServerSentEvent: Sendable, Equatable {
    /// The lines of its data, joined by newlines.
    package let data: [UInt8]

    /// Makes an event.
    package init(data: [UInt8]) { self.data = data }
}

/// Reads a stream of server-sent events, piece by piece, whatever the pieces are. It holds one event at most.
///
/// Source: HTML Standard, section 9.2 "Server-sent events". The type of an event isn't kept, since nobody asks for it. An id
/// that no header can carry is left out.
package struct ServerSentEventParser: Sendable {
    /// An event with more data is dropped.
    package static let dataLimit = 1 << 20
    /// A longer id isn't kept.
    package static let idLimit = 4096

    /// The id of the last event, to go on from; `nil` when there was none.
    package private(set) var lastEventID: String?
    /// The time after which the server wants to be asked again, when the connection is lost.
    package private(set) var retry: Duration?
    /// How many events were dropped because they are too large.
    package private(set) var dropped = 0

    private var line: [UInt8] = []
    private var isLineTooLong = false
    private var data: [UInt8] = []
    private var hasData = false
    private var isEventTooLarge = false
    private var pendingID: String?
    private var isAfterReturn = false
    private var isFirstLine = true

    /// A parser at the beginning of a connection; the id of an earlier one stays until there is a new one.
    package init(lastEventID: String? = nil) {
        self.lastEventID = lastEventID
        pendingID = lastEventID
    }

    /// Takes a piece of the stream, and gives the events that end in it.
    package mutating func take(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let isAfterReturn = isAfterReturn
            self.isAfterReturn = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where isAfterReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default:
                if line.count < Self.dataLimit { line.append(byte) } else { isLineTooLong = true }
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer {
            line.removeAll(keepingCapacity: true)
            isLineTooLong = false
        }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        }
        if line.isEmpty { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: line[..<min(colon, 16)], as: UTF8.self) {
        case "data": add(value)
        case "id": if !isLineTooLong, let id = Self.id(value) { pendingID = id }
        case "retry": if let wait = Self.milliseconds(value) { retry = wait }
        default: break
        }
        return nil
    }

    private mutating func add(_ value: ArraySlice<UInt8>) {
        guard !isLineTooLong, data.count + value.count < Self.dataLimit else {
            isEventTooLarge = true
            data = []
            return
        }
        if isEventTooLarge { return }
        if hasData { data.append(UInt8(ascii: "\n")) }
        data += value
        hasData = true
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            data = []
            hasData = false
            isEventTooLarge = false
        }
        lastEventID = pendingID
        if isEventTooLarge {
            dropped += 1
            return nil
        }
        return hasData ? ServerSentEvent(data: data) : nil
    }

    /// `nil` for what is to be ignored; an empty id, which takes the last one back, is an empty text.
    private static func id(_ value: ArraySlice<UInt8>) -> String? {
        guard value.count <= idLimit, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    private static func milliseconds(_ value: ArraySlice<UInt8>) -> Duration? {
        guard (1...9).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(String(decoding: value, as: UTF8.self)).map { .milliseconds($0) }
    }
}
