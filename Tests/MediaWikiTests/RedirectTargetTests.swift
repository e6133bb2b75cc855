import MediaWiki
import Testing

@Suite struct RedirectTargetTests {
    @Test(arguments: [
        ("return require [[Module:Foo bar]]", "Module:Foo_bar"), ("return require [[Modul:Ü/x]]\n", "Modul:Ü/x"),
    ])
    func lua(_ source: String, _ target: String) {
        #expect(RedirectTarget(lua: Array(source.utf8))?.prefixedTitle.bytes == Array(target.utf8))
    }

    @Test(arguments: [
        "return require [[Module:Foo]] or nil", "local x = 1\nreturn require [[Module:Foo]]",
        "return require('Module:Foo')",
        "return require [[]]", "return require [[Module:Foo", "",
    ])
    func luaThatIsNoRedirect(_ source: String) { #expect(RedirectTarget(lua: Array(source.utf8)) == nil) }

    @Test(arguments: [
        ("#REDIRECT [[Module:Foo bar]]", "Module:Foo_bar"), ("#WEITERLEITUNG: [[:Modul:A|text]] x", "Modul:A"),
        ("#REDIRECT [[Module:A%20b%C3%A9#Part one]]", "Module:A_bé"), ("#تحويل [[وحدة:x]]", "وحدة:x"),
        ("#REDIRECT\n[[ Module:100%]]", "Module:100%"),
    ])
    func wikitext(_ source: String, _ target: String) {
        #expect(RedirectTarget(wikitext: Array(source.utf8))?.prefixedTitle.bytes == Array(target.utf8))
    }

    @Test(arguments: ["no link", "[[", "[[#part]]", "[[|x]]"]) func wikitextWithoutATarget(_ source: String) {
        #expect(RedirectTarget(wikitext: Array(source.utf8)) == nil)
    }

    @Test func titleWithinItsNamespace() throws {
        let target = try #require(RedirectTarget(lua: Array("return require [[modul:A:b]]".utf8)))
        #expect(target.title(inNamespace: ["Modul", "Module"])?.bytes == Array("A:b".utf8))
        #expect(target.title(inNamespace: ["Module"]) == nil)
    }
}
