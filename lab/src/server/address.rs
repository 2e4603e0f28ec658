//! Where one of a load's origins is, and the URLs that lead there.

use std::net::SocketAddr;

/// The address of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) socket: SocketAddr,
    /// Whether it speaks TLS.
    pub(crate) is_secure: bool,
    /// A port of its host at which nobody listens, where calls are refused.
    pub(crate) refuses: Option<u16>,
}

impl Address {
    /// Scheme, host and port; `scheme` is the one without TLS, "http" or "ws".
    pub(crate) fn base(self, scheme: &str) -> String {
        format!("{scheme}{}://{}", if self.is_secure { "s" } else { "" }, self.socket)
    }

    /// The same of the port at which nobody listens.
    pub(crate) fn refused(mut self, scheme: &str) -> Option<String> {
        self.socket.set_port(self.refuses?);
        Some(self.base(scheme))
    }
}
