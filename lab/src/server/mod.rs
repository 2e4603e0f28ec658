//! The server: the scenario's origins and a control origin, on free ports of 127.0.0.1 or at the far end of a link.
//!
//! Rule: HTTP/1.1 or HTTP/2, with one task per TCP connection, so that connections can be numbered. A response is sent at the
//! time that the scenario's service discipline gives it ([`works`]). When a client disconnects, the server's work for
//! it stops or continues as the scenario says. The lab's own traffic (plans, clocks, reports) uses the control origin
//! only, never a measured connection.

pub(crate) mod address;
mod body;
mod breakable;
mod content;
pub(crate) mod control;
mod http;
pub(crate) mod keeper;
pub(crate) mod place;
mod reply;
mod sharing;
pub(crate) mod stage;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod token;
mod websocket;
pub mod works;
