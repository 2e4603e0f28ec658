//! The protocol of an answer, and which field of the file says so.
//!
//! Rule: the fields are asked in the order of [`ProtocolSign`]; the first one that names a protocol decides. Some exporters
//! cut words out of the first header line: of HTTP/2 that leaves the end of a pseudo header (`us:` of `:status:`), which no
//! HTTP/1.1 message has. What no field names follows from the connection: HTTP/1.1 sends a request on a connection after the
//! answer before it (RFC 9112, section 9.3), so requests that overlap on one connection share it.

use crate::value::Word;

/// A protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub enum Protocol {
    /// The file does not say.
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
    /// HTTP/1.0 or HTTP/1.1: one request at a time on a connection.
    #[serde(rename = "http/1.1")]
    Http1,
    /// Many requests at a time on a connection; the file does not say by which protocol.
    #[serde(rename = "multiplexed")]
    Multiplexed,
    /// HTTP/2, or SPDY before it.
    #[serde(rename = "h2")]
    Http2,
    /// HTTP/3.
    #[serde(rename = "h3")]
    Http3,
}

/// The field that names an entry's protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProtocolSign {
    /// `_protocol` of the entry.
    Exporter,
    /// `_http2_stream_id`.
    StreamId,
    /// `httpVersion` of the response.
    Response,
    /// `httpVersion` of the request.
    Request,
    /// A piece of an HTTP/2 pseudo header in place of a version.
    PseudoHeader,
    /// Overlapping requests on one connection id.
    SharedConnection,
    /// Other entries of the same origin.
    Origin,
    /// Nothing.
    #[default]
    None,
}

impl Protocol {
    /// Whether many requests share one connection, so that the limit of six does not bind.
    pub fn is_multiplexed(self) -> bool {
        matches!(self, Self::Multiplexed | Self::Http2 | Self::Http3)
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "an unknown protocol",
            Self::Http1 => "HTTP/1.1",
            Self::Multiplexed => "a multiplexed protocol",
            Self::Http2 => "HTTP/2",
            Self::Http3 => "HTTP/3",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        // Chrome's name for HTTP over QUIC before HTTP/3 was `http/2+quic/46`.
        if starts(&["h3", "http/3"]) || text.contains("quic") || matches!(text.as_str(), "3" | "3.0") {
            Self::Http3
        } else if starts(&["http/1", "http/0"]) || matches!(text.as_str(), "1.0" | "1.1") {
            Self::Http1
        } else if starts(&["h2", "http/2", "spdy"]) || matches!(text.as_str(), "2" | "2.0") {
            Self::Http2
        } else {
            Self::Unknown
        }
    }
}

/// What a field says of a protocol, as the reader keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version {
    protocol: Protocol,
    /// The last three letters of `:status`, `:scheme` or `:method` with the colon behind them.
    is_pseudo_header: bool,
}

impl Version {
    fn of(text: &str) -> Self {
        Self { protocol: Protocol::of(text), is_pseudo_header: matches!(text.trim(), "us:" | "me:" | "od:") }
    }
}

impl<'de> serde::Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Word(text) = Word::deserialize(deserializer)?;
        Ok(Self::of(text.as_deref().unwrap_or_default()))
    }
}

/// What the fields of one entry say of its protocol.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProtocolFields {
    pub exporter: Version,
    pub has_stream_id: bool,
    pub response: Version,
    pub request: Version,
}

impl ProtocolFields {
    /// The protocol and the field that names it.
    pub fn read(&self) -> (Protocol, ProtocolSign) {
        let named = |version: Version| Some(version.protocol).filter(|protocol| *protocol != Protocol::Unknown);
        if let Some(protocol) = named(self.exporter) {
            return (protocol, ProtocolSign::Exporter);
        }
        if self.has_stream_id {
            return (Protocol::Http2, ProtocolSign::StreamId);
        }
        if self.response.is_pseudo_header || self.request.is_pseudo_header {
            return (Protocol::Http2, ProtocolSign::PseudoHeader);
        }
        match (named(self.response), named(self.request)) {
            (Some(protocol), _) => (protocol, ProtocolSign::Response),
            (None, Some(protocol)) => (protocol, ProtocolSign::Request),
            (None, None) => (Protocol::Unknown, ProtocolSign::None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Protocol, ProtocolFields, ProtocolSign, Version};

    #[test]
    fn versions_in_any_spelling() {
        for (text, protocol) in [
            ("HTTP/1.1", Protocol::Http1),
            ("http/1.0", Protocol::Http1),
            ("1.1", Protocol::Http1),
            ("HTTP/2.0", Protocol::Http2),
            ("h2", Protocol::Http2),
            ("spdy/3.1", Protocol::Http2),
            ("h3-29", Protocol::Http3),
            ("http/2+quic/46", Protocol::Http3),
            ("quic", Protocol::Http3),
            ("unknown", Protocol::Unknown),
            ("", Protocol::Unknown),
            ("ori", Protocol::Unknown),
        ] {
            assert_eq!(Protocol::of(text), protocol, "{text}");
        }
    }

    #[test]
    fn the_first_field_that_names_a_protocol_decides() {
        let fields = |exporter, has_stream_id, response, request| {
            let [exporter, response, request] = [exporter, response, request].map(Version::of);
            ProtocolFields { exporter, has_stream_id, response, request }.read()
        };
        assert_eq!(fields("HTTP/2", true, "1.1", "od:"), (Protocol::Http2, ProtocolSign::Exporter));
        assert_eq!(fields("", true, "1.1", "1.1"), (Protocol::Http2, ProtocolSign::StreamId));
        assert_eq!(fields("", false, "2 2", "me:"), (Protocol::Http2, ProtocolSign::PseudoHeader));
        assert_eq!(fields("", false, "", "HTTP/1.1"), (Protocol::Http1, ProtocolSign::Request));
        assert_eq!(fields("", false, "h2", "HTTP/1.1"), (Protocol::Http2, ProtocolSign::Response));
        assert_eq!(fields("", false, "unknown", "unknown"), (Protocol::Unknown, ProtocolSign::None));
    }
}
