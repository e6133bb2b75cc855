/// Pieces of Lua that all texts are put together from, each ready in every form in which it is sent, so that an answer
/// costs little more than copying.
struct Corpus: Sendable {
    /// Some whole functions.
    struct Block: Sendable {
        /// As it stands in a module.
        let text: [UInt8]
        /// As it stands in a JSON string.
        let escaped: [UInt8]
        /// `escaped` as complete deflate blocks that refer to nothing before them and end at a byte.
        let deflated: [UInt8]
    }

    static let shared = Corpus()

    private let blocks: [Block]
    private static let count = 384

    private init() {
        let deflater = Deflater(level: 6)
        blocks = (0..<Self.count).map { number in
            let text = Array(Self.functions(number).utf8)
            let escaped = JSONText.escaped(text)
            return Block(text: text, escaped: escaped, deflated: deflater.deflate(escaped))
        }
    }

    func block(_ number: UInt64) -> Block { blocks[Int(number % UInt64(blocks.count))] }

    private static func functions(_ number: Int) -> String {
        let verbs = ["trim", "format", "parse", "render", "collect", "split", "merge", "lookup"]
        let nouns = ["Date", "Title", "Row", "Link", "Value", "Argument", "Category", "Label"]
        var text = ""
        for part in 0..<2 {
            let chance = Chance.number(UInt64(number), UInt64(part), 11)
            let name = verbs[Int(chance % 8)] + nouns[Int((chance >> 8) % 8)] + "\(number)"
            let limit = (chance >> 16) % 1000
            text += """
                --- Makes what callers show, see "\(name)" & <code>{{#invoke:}}</code>.
                function p.\(name)\(part)(frame)
                \tlocal args = frame.args
                \tlocal value = args[1] or messages["title"]
                \tif #value > \(limit) then
                \t\tvalue = mw.ustring.sub(value, 1, \(limit)) .. '\\\\n'
                \tend
                \tfor key, item in pairs(args) do
                \t\tvalue = value .. string.format('%s/%s=%d', key, item, \((chance >> 32) % 100_000))
                \tend
                \treturn value
                end


                """
        }
        return text
    }
}
