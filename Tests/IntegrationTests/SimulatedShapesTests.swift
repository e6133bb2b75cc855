import Foundation
import TestFleet
import Testing
import WikiSimulator

/// The simulator answers in the shapes of real wikis: the same calls to both, compared key by key.
extension HarvestTests {
    /// What real wikis say and nobody here reads, or says only of some pages.
    private static let notSimulated: Set<String> = ["query.general", "query.namespaces", "query.userinfo.ratelimits"]
    private static let onlySometimes = ["redirect", "new", "suppressed", "texthidden", "textmissing", "sha1"]
    private static let headers = [
        "Content-Type", "X-Content-Type-Options", "X-Frame-Options", "Cache-Control", "MediaWiki-API-Error",
        "Retry-After", "X-Database-Lag",
    ]

    private static let content =
        "&prop=info%7Crevisions&rvslots=main&rvprop=ids%7Ctimestamp%7Csize%7Ccontentmodel%7Ccontent"
    private static let list = "&generator=allpages&gapnamespace=828&prop=info&maxlag=5&curtimestamp=1"
    private static let calls = [
        "&meta=siteinfo&siprop=general%7Cnamespaces",
        list + "&gaplimit=max", list + "&gaplimit=2", list + "&gaplimit=1000",
        list + "&gaplimit=2&gapcontinue=B&continue=gapcontinue%7C%7C",
        list + "&gaplimit=2&gapcontinue=B&continue=nonsense",
        "&generator=allpages&gapnamespace=999&gaplimit=2&prop=info",
        "&pageids=11%7C12%7C99999999&curtimestamp=1" + content,
        "&pageids=abc" + content,
        "&pageids=" + (1...51).map(String.init).joined(separator: "%7C") + content,
        "&pageids=11&rvcontinue=x&continue=%7C%7Cinfo" + content,
        "&pageids=11%7C12&rvlimit=2" + content,
        "&meta=siteinfo&maxlag=-2",
        "&meta=userinfo&uiprop=rights%7Cratelimits%7Cgroups",
        "&meta=tokens&type=login",
        "&list=recentchanges&rcnamespace=828&rclimit=max&rcprop=ids%7Ctimestamp%7Ctitle%7Csizes%7Cflags%7Cloginfo%7Cuser",
        "&list=recentchanges&rclimit=1", "&list=recentchanges&rclimit=5000&rcprop=ids%7Cnonsense",
        "&list=recentchanges&rcstart=nonsense", "&list=recentchanges&rccontinue=x&continue=-%7C%7C",
        "&list=logevents&letype=delete&lelimit=2", "&list=logevents&letype=move&lelimit=max", "&list=nonsense",
    ]

    /// Every place of an answer with the type of what is there; places in arrays are one.
    private func shape(_ value: Any, at place: String = "", _ shapes: inout [String: Set<String>]) {
        guard !Self.notSimulated.contains(place) else { return }
        switch value {
        case let object as [String: Any]:
            shapes[place, default: []].insert("object")
            for (key, value) in object { shape(value, at: place.isEmpty ? key : "\(place).\(key)", &shapes) }
        case let array as [Any]:
            shapes[place, default: []].insert("array")
            for value in array { shape(value, at: place + "[]", &shapes) }
        case let number as NSNumber where isBoolean(number): shapes[place, default: []].insert("boolean")
        case is NSNumber: shapes[place, default: []].insert("number")
        default: shapes[place, default: []].insert("string")
        }
    }

    private func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

    private func answer(
        _ url: String,
        in directory: String
    ) async throws -> (shape: [String: Set<String>], headers: [String: String]) {
        let (head, body) = ("\(directory)/head", "\(directory)/body")
        let command = ["curl", "--silent", "--show-error", "--dump-header", head, "--output", body, url]
        let output = try await Output.of(command, name: "curl", in: directory)
        #expect(output.code == 0, "\(output.standardError)")
        let lines = try String(contentsOfFile: head, encoding: .utf8).split(whereSeparator: \.isNewline)
        var headers: [String: String] = ["status": String(lines.first ?? "")]
        for line in lines {
            for name in Self.headers where line.lowercased().hasPrefix(name.lowercased() + ":") {
                headers[name] = String(line.dropFirst(name.count + 2))
            }
        }
        var shapes: [String: Set<String>] = [:]
        let json = try Data(contentsOf: URL(filePath: body))
        let value = try #require(try? JSONSerialization.jsonObject(with: json), "no JSON: \(url)")
        shape(value, &shapes)
        return (shapes, headers)
    }

    @Test func sameShapesAsRealWikis() async throws {
        let farm = try await Farm.own
        _ = try await farm.edit(count: 60, seed: 3)
        let simulator = try await WikiSimulator.start(SimulatorSettings(.small, seed: 8))
        let place = FileManager.default.temporaryDirectory.appending(path: "shapes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        simulator.edit(count: 100, wikis: [0])
        for call in Self.calls {
            let query = "/api.php?action=query&format=json&formatversion=2\(call)"
            let real = try await answer("\(farm.base)/enwiki\(query)", in: place.path)
            let simulated = try await answer("\(simulator.url(of: simulator.family[0]))\(query)", in: place.path)
            #expect(real.headers == simulated.headers, "\(call)")
            for (place, types) in real.shape where !Self.onlySometimes.contains(where: place.hasSuffix) {
                // What differs between the kinds of log entries depends on which of them there are.
                guard !place.contains("params") else { continue }
                #expect(simulated.shape[place] == types, "\(call): \(place)")
            }
            for place in simulated.shape.keys where !place.contains("params") {
                #expect(
                    real.shape[place] != nil || Self.onlySometimes.contains(where: place.hasSuffix),
                    "\(call): \(place) is only simulated"
                )
            }
        }
        try await simulator.stop()
    }
}
