import Testing

/// All tests that open sockets, one after the other: so nng's defects with connections that end under load (see
/// `Probe`) hit the test that causes them.
@Suite(.serialized) enum SocketTests {}
