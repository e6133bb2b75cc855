import ArgumentParser
import Catalog

/// Which modules a command lists.
struct ModuleFilterOptions: ParsableArguments {
    @Option(help: "Only these wikis: database names, separated by commas.")
    var wikis: NameList?

    @Option(help: "Only the wikis of this family, such as wikipedia.")
    var family: String?

    @Option(help: "Only titles that have this in them; with * for anything, titles that are like this as a whole.")
    var title: String?

    @Option(help: "Only pages of this content model, such as Scribunto.")
    var contentModel: String?

    @Flag(help: "Also pages that are gone.")
    var includeDeleted = false

    /// The filter.
    var value: ModuleFilter {
        var filter = ModuleFilter()
        filter.wikis = wikis?.names ?? []
        filter.family = family
        filter.title = title.map { $0.contains("*") ? .pattern(Array($0.utf8)) : .contains(Array($0.utf8)) }
        filter.contentModel = contentModel
        filter.presence = includeDeleted ? .all : .present
        return filter
    }
}
