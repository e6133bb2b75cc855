/// Memory for what the C library reads or writes while a statement runs; freed when the arena goes.
///
/// Only for elements that need no deinitialisation: numbers, pointers and C structs.
final class Arena {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// Room for `count` elements, all set to `value`. Never a null pointer, also for none.
    func allocate<Element>(_ count: Int, of value: Element) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        pointer.initialize(repeating: value, count: max(count, 1))
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    /// Room for `count` bytes that the caller fills.
    func allocateBytes(_ count: Int) -> UnsafeMutableRawPointer {
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
        blocks.append(pointer)
        return pointer
    }

    /// A copy of the elements.
    func copy<Element>(_ elements: ArraySlice<Element>) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        for (offset, element) in elements.enumerated() { (pointer + offset).initialize(to: element) }
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }
}
