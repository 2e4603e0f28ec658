//! The server: the scenario's origins on free ports of 127.0.0.1, and a control origin beside them.
//!
//! Rule: HTTP/1.1, one task for each TCP connection, so that connections are numbered; an answer goes out when the
//! scenario's discipline says so ([`works`], by the keeper's clock); a caller that goes away is noticed, and its work
//! goes on where the scenario says so. Everything of the lab's own (plans, clocks, reports) goes through the control
//! origin, so that it never uses a measured connection.

mod content;
pub(crate) mod control;
mod http;
pub(crate) mod keeper;
mod sharing;
pub(crate) mod stage;
mod websocket;
pub mod works;
