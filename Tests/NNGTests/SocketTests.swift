import Testing

/// All tests that open sockets, one after the other: when many connections of a process are closed at once, nng 1.5.2
/// may get stuck for good (see `Probe`), which no long-lived process does.
@Suite(.serialized) enum SocketTests {}
