//! The upgrade of an HTTP/1.1 request to a WebSocket (RFC 6455, section 4.2.2).

use super::content::Content;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Whether a request asks for a WebSocket.
pub(crate) fn is_asked_for(request: &Request<Incoming>) -> bool {
    request.headers().get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The 101 response, and the socket that is open once it has been sent; none for a request without a key.
pub(crate) fn accept(
    request: &mut Request<Incoming>,
) -> Option<(Response<Content>, impl Future<Output = Option<Socket>> + Send + use<>)> {
    let key = derive_accept_key(request.headers().get(SEC_WEBSOCKET_KEY)?.as_bytes());
    let upgrade = hyper::upgrade::on(request);
    let mut response = Response::new(Content::whole("", None));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(&key).ok()?);
    let socket = async move {
        let io = TokioIo::new(upgrade.await.ok()?);
        Some(WebSocketStream::from_raw_socket(io, Role::Server, None).await)
    };
    Some((response, socket))
}
