//! Where one of a load's origins is, and the URLs that lead there.

use std::net::SocketAddr;

/// The address of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) socket: SocketAddr,
    /// Whether it speaks TLS.
    pub(crate) is_secure: bool,
}

impl Address {
    /// Scheme, host and port; `scheme` is the one without TLS, "http" or "ws".
    pub(crate) fn base(self, scheme: &str) -> String {
        format!("{scheme}{}://{}", if self.is_secure { "s" } else { "" }, self.socket)
    }
}
