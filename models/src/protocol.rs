//! What a browser speaks with an origin, and the round trips that open a connection.
//!
//! Rule: RFC 9112, RFC 9113, RFC 9114; the handshakes of TLS are full ones, without resumption.

/// What a browser speaks with an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1: a connection carries one request at a time.
    H1,
    /// HTTP/2 (RFC 9113): one connection carries many requests, each in a stream; an abort resets its stream only.
    H2,
    /// HTTP/3: as HTTP/2 here. What its loss recovery does to streams is not measured and not modelled.
    H3,
}

impl Protocol {
    /// Whether one connection carries many requests at once.
    pub const fn multiplexes(self) -> bool {
        matches!(self, Self::H2 | Self::H3)
    }

    /// Its name in HTTP archives and in the browser's developer tools.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H1 => "http/1.1",
            Self::H2 => "h2",
            Self::H3 => "h3",
        }
    }
}

/// The version of TLS, as far as it takes round trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// No TLS.
    None,
    /// TLS 1.2: two round trips (RFC 5246).
    V12,
    /// TLS 1.3: one round trip (RFC 8446).
    V13,
}

impl Tls {
    /// Round trips that open a connection: TCP's handshake, then that of TLS; QUIC's handshake carries that of TLS (RFC 9001).
    pub const fn round_trips(self, protocol: Protocol) -> u64 {
        match (protocol, self) {
            (Protocol::H3, _) | (_, Self::None) => 1,
            (_, Self::V13) => 2,
            (_, Self::V12) => 3,
        }
    }

    /// Bytes of a flight of these handshakes: the even ones go to the server. A client's first message has a key share of ML-KEM
    /// (measured in Chromium 148: 2.1 kB with the headers of its two packets); the server's answer has a short chain of certificates.
    pub(crate) const fn bytes(self, protocol: Protocol, flight: u64) -> u64 {
        let first = if matches!(protocol, Protocol::H3) { 0 } else { 2 };
        match flight {
            _ if matches!(self, Self::None) => 60,
            _ if flight == first => 2100,
            _ if flight == first + 1 => 1300,
            _ => 60,
        }
    }
}
