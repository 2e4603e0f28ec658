//! An address, split into what the analysis compares.
//!
//! Rule: splitting never fails; what has no host (`data:`, `blob:`, `about:`) has no origin and uses no connection.

/// A URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    text: String,
    scheme_end: usize,
    authority_end: usize,
    path_end: usize,
}

impl Url {
    /// Splits a URL. Of a `data:` URL only the part before its data is kept.
    pub fn new(text: &str) -> Self {
        let mut text = text.split('#').next().unwrap_or_default().to_owned();
        if text.len() >= 5 && text.is_char_boundary(5) && text[..5].eq_ignore_ascii_case("data:") {
            text.truncate(text.find(',').unwrap_or(text.len()));
        }
        let scheme =
            text.find("://").filter(|at| text[..*at].chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)));
        let (scheme_end, authority_end) = match scheme {
            Some(at) => {
                let rest = at + 3;
                (at, text[rest..].find(['/', '?']).map_or(text.len(), |length| rest + length))
            }
            None => {
                let at = text.find(':').map_or(0, |at| at + 1);
                (0, at)
            }
        };
        let path_end = text[authority_end..].find('?').map_or(text.len(), |length| authority_end + length);
        Self { text, scheme_end, authority_end, path_end }
    }

    /// The whole text, without the fragment.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The [`origin`](Self::origin) whose connections it uses: a WebSocket begins as a request to the `http` or `https` one.
    pub fn http_origin(&self) -> Option<String> {
        let origin = self.origin()?;
        Some(if origin.starts_with("ws") { origin.replacen("ws", "http", 1) } else { origin })
    }

    /// Scheme, host and port, where there is a host: `https://example.org`, `http://localhost:3000`. A port that is the
    /// scheme's own is left out, and so is a user's name.
    pub fn origin(&self) -> Option<String> {
        if self.scheme_end == 0 {
            return None;
        }
        let scheme = self.text[..self.scheme_end].to_ascii_lowercase();
        let authority = &self.text[self.scheme_end + 3..self.authority_end];
        let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
        let own = match scheme.as_str() {
            "http" | "ws" => ":80",
            "https" | "wss" => ":443",
            "ftp" => ":21",
            _ => return None,
        };
        let host = host.strip_suffix(own).unwrap_or(&host);
        (!host.is_empty()).then(|| format!("{scheme}://{host}"))
    }

    /// The path, `/` where it is empty.
    pub fn path(&self) -> &str {
        match &self.text[self.authority_end..self.path_end] {
            "" => "/",
            path => path,
        }
    }

    /// The query without its question mark, where there is one.
    pub fn query(&self) -> Option<&str> {
        self.text.get(self.path_end + 1..)
    }

    /// Path and query.
    pub fn target(&self) -> String {
        match self.query() {
            Some(query) => format!("{}?{query}", self.path()),
            None => self.path().to_owned(),
        }
    }

    /// The port, the scheme's own where the address has none.
    pub fn port(&self) -> Option<u16> {
        let origin = self.origin()?;
        let (scheme, host) = origin.split_once("://")?;
        // An IPv6 host has colons inside its brackets.
        match host.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
            Some((_, port)) => port.parse().ok(),
            None => match scheme {
                "http" | "ws" => Some(80),
                "https" | "wss" => Some(443),
                _ => Some(21),
            },
        }
    }

    /// A reference resolved against this address, without its fragment: absolute, of the same scheme (`//host/`), of the same
    /// origin (`/path`), or relative to the folder.
    pub fn join(&self, reference: &str) -> String {
        let reference = reference.split('#').next().unwrap_or_default();
        let absolute =
            reference.find("://").is_some_and(|at| reference[..at].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let base = &self.text[..self.authority_end];
        if absolute {
            reference.to_owned()
        } else if reference.starts_with("//") {
            format!("{}:{reference}", &self.text[..self.scheme_end])
        } else if reference.starts_with('/') {
            format!("{base}{reference}")
        } else if reference.starts_with('?') {
            format!("{base}{}{reference}", self.path())
        } else if reference.is_empty() {
            self.text.clone()
        } else {
            let folder = self.path().rfind('/').map_or("/", |at| &self.path()[..=at]);
            format!("{base}{folder}{reference}")
        }
    }

    /// Whether its scheme is a WebSocket's.
    pub fn is_socket(&self) -> bool {
        let scheme = &self.text[..self.scheme_end];
        scheme.eq_ignore_ascii_case("ws") || scheme.eq_ignore_ascii_case("wss")
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn parts() {
        let url = Url::new("HTTPS://User:p@Example.org:443/a/b?c=d&e#f");
        assert_eq!(
            (url.origin().as_deref(), url.path(), url.query()),
            (Some("https://example.org"), "/a/b", Some("c=d&e"))
        );
        assert_eq!(Url::new("http://localhost:3000").origin().as_deref(), Some("http://localhost:3000"));
        assert_eq!(Url::new("http://localhost:3000").path(), "/");
        assert_eq!(Url::new("http://h?q").query(), Some("q"));
        assert!(Url::new("ws://h/mux").is_socket());
        for (text, port) in
            [("http://h:8080/", 8080), ("https://h/", 443), ("http://[::1]/", 80), ("http://[::1]:9/", 9)]
        {
            assert_eq!(Url::new(text).port(), Some(port), "{text}");
        }
        let url = Url::new("https://h/a/b?c#d");
        for (reference, joined) in [
            ("http://x/y#z", "http://x/y"),
            ("//x/y", "https://x/y"),
            ("/y", "https://h/y"),
            ("y", "https://h/a/y"),
            ("?y", "https://h/a/b?y"),
            ("", "https://h/a/b?c"),
        ] {
            assert_eq!(url.join(reference), joined);
        }
        for text in [
            "",
            "data:image/png;base64,AAAA",
            "blob:http://x/1",
            "about:blank",
            "http://",
            "é",
            "chrome-extension://a/b",
            ":",
            "://",
        ] {
            assert_eq!(Url::new(text).origin(), None, "{text}");
            Url::new(text).target();
        }
        assert_eq!(Url::new("data:image/png;base64,AAAA").as_str(), "data:image/png;base64");
    }
}
