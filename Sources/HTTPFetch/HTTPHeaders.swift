/// The headers of a message in their order; names compare without regard to ASCII case.
package struct HTTPHeaders: Sendable, Equatable {
    /// One header.
    package struct Field: Sendable, Equatable {
        /// The name as it was written.
        package var name: String
        /// The value without the space around it.
        package var value: String

        /// Makes a header.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All headers in the order in which they came.
    package private(set) var fields: [Field]

    /// Makes headers from `fields`.
    package init(_ fields: [Field] = []) { self.fields = fields }

    /// The value of the first header called `name`.
    package subscript(name: String) -> String? {
        fields.first { Self.matches($0.name, name) }?.value
    }

    /// The values of all headers called `name`, in their order.
    package func values(of name: String) -> [String] {
        fields.filter { Self.matches($0.name, name) }.map(\.value)
    }

    mutating func append(_ field: Field) { fields.append(field) }

    private static func matches(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8) { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
