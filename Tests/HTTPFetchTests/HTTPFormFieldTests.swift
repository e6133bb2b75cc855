import HTTPFetch
import Testing

@Suite struct HTTPFormFieldTests {
    @Test func encodesAllButUnreserved() {
        let fields = [HTTPFormField("a b", "x&y=z|ä𑀅"), HTTPFormField("n", "-._~09AZaz")]
        #expect(HTTPFormField.encode(fields) == "a%20b=x%26y%3Dz%7C%C3%A4%F0%91%80%85&n=-._~09AZaz")
    }
}
