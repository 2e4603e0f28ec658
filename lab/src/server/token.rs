//! The secret of a session, which its pages know and nobody else.
//!
//! Rule: any process of the machine can connect to a port of 127.0.0.1, so a request without the token gets 404 and is not
//! logged. The token reaches the browser by the debugging pipe or in its private profile, never on a command line.

use hyper::Request;
use hyper::header::{ACCEPT, REFERER};
use std::fmt::Write as _;
use std::io::Read;

/// Precedes the token and a request's identity in its `Accept` header and in a socket's query.
pub(crate) const MARK: &str = "sixslot";

/// 128 random bits of the system, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn new() -> std::io::Result<Self> {
        let mut bytes = [0; 16];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a query has `token=`.
    pub(crate) fn is_in_query<B>(&self, request: &Request<B>) -> bool {
        let query = request.uri().query().unwrap_or_default();
        query.split('&').any(|pair| pair.strip_prefix("token=") == Some(self.text()))
    }

    /// Whether the page that sent a request has the token in its URL.
    pub(crate) fn is_in_referer<B>(&self, request: &Request<B>) -> bool {
        let page = request.headers().get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        page.split(['?', '&']).any(|pair| pair.strip_prefix("token=") == Some(self.text()))
    }

    /// What follows the mark and the token in the header `Accept`, or in the query.
    pub(crate) fn marked<'a, B>(&self, request: &'a Request<B>) -> Option<&'a str> {
        let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
        let accepted = accepts.and_then(|accepts| accepts.strip_prefix(MARK)?.strip_prefix('/'));
        let pairs = request.uri().query().unwrap_or_default().split('&');
        let queried = || pairs.into_iter().find_map(|pair| pair.strip_prefix(MARK)?.strip_prefix('='));
        accepted.or_else(queried)?.strip_prefix(self.text())?.strip_prefix('-')
    }

    /// Whether a request is of one of the session's pages.
    pub(crate) fn is_in<B>(&self, request: &Request<B>) -> bool {
        self.is_in_query(request) || self.marked(request).is_some() || self.is_in_referer(request)
    }
}

#[cfg(test)]
mod tests {
    use super::Token;
    use hyper::Request;

    #[test]
    fn only_the_whole_token_counts() {
        let token = Token::new().unwrap();
        assert_eq!(token.text().len(), 32);
        assert_ne!(token, Token::new().unwrap());
        let text = token.text();
        let of = |url: String, header: &str, value: String| {
            let request = Request::builder().uri(url).header(header, value).body(()).unwrap();
            (token.is_in(&request), token.marked(&request).map(str::to_owned))
        };
        let page = |query: String| format!("http://127.0.0.1:1/x?{query}");
        assert_eq!(of(page(format!("a=1&token={text}")), "x", String::new()), (true, None));
        assert_eq!(of(page(String::new()), "accept", format!("sixslot/{text}-1-2")), (true, Some("1-2".to_owned())));
        assert_eq!(of(page(format!("sixslot={text}-3")), "x", String::new()), (true, Some("3".to_owned())));
        assert!(of(page(String::new()), "referer", page(format!("token={text}"))).0);
        for wrong in ["", &text[1..], &format!("{text}0"), "1-2"] {
            assert!(!of(page(format!("token={wrong}&sixslot={wrong}-1")), "accept", format!("sixslot/{wrong}-1")).0);
        }
    }
}
