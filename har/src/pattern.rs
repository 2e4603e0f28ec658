//! URLs that differ only in a number, a hash or an identifier are one pattern.
//!
//! Rule: a path segment or a query value is split at `-`, `_`, `.` and `~`; a part that is a number becomes `{n}`, eight or
//! more hexadecimal digits `{hash}`, a long mixture of letters and digits `{id}`; a whole UUID becomes `{uuid}`. The values
//! of `_rsc` and of the usual cache busters become `{x}`. Words stay as they are: `/api/users` is not `/api/{id}`.

use crate::url::Url;

/// Query keys that only serve to make a URL unique.
const BUSTERS: [&str; 9] = ["_rsc", "_", "t", "ts", "time", "timestamp", "cb", "nocache", "cachebuster"];

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    lengths.iter().all(|length| parts.next().is_some_and(|part| part.len() == *length && is_hex(part)))
        && parts.next().is_none()
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a part is folded to; `None` where it is a word.
fn folded(part: &str) -> Option<&'static str> {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let alphanumeric = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match part.len() {
        0 => None,
        length if digits == length => Some("{n}"),
        length if length >= 8 && is_hex(part) && digits > 0 => Some("{hash}"),
        length if length >= 16 && alphanumeric && digits >= 2 => Some("{id}"),
        // Base-36 and mixed-case tokens, as bundlers and databases make them.
        length if length >= 10 && alphanumeric && digits >= 3 => Some("{id}"),
        _ => None,
    }
}

/// A segment or a value, folded.
fn fold(text: &str) -> String {
    if is_uuid(text) {
        return "{uuid}".to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let end = rest.find(['-', '_', '.', '~']).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        result.push_str(folded(part).unwrap_or(part));
        let Some(separator) = tail.chars().next() else { return result };
        result.push(separator);
        rest = &tail[separator.len_utf8()..];
    }
}

/// Path and query of a URL with what varies folded away, such as `/api/sessions/ao-{n}?fresh=true`.
pub fn pattern(url: &Url) -> String {
    let mut result = url.path().split('/').map(fold).collect::<Vec<_>>().join("/");
    for (at, part) in url.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
        result.push(if at == 0 { '?' } else { '&' });
        match part.split_once('=') {
            Some((key, _)) if BUSTERS.contains(&key) => {
                result.push_str(key);
                result.push_str("={x}");
            }
            Some((key, value)) => {
                result.push_str(key);
                result.push('=');
                result.push_str(&fold(value));
            }
            None => result.push_str(&fold(part)),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::pattern;
    use crate::url::Url;

    #[test]
    fn what_varies_is_folded_and_words_stay() {
        for (url, folded) in [
            ("http://h/api/sessions/ao-900", "/api/sessions/ao-{n}"),
            (
                "http://h/api/sessions?project=agent-orchestrator&fresh=true",
                "/api/sessions?project=agent-orchestrator&fresh=true",
            ),
            ("http://h/projects/mercury_8c1e44e68c?_rsc=11k9y", "/projects/mercury_{hash}?_rsc={x}"),
            ("http://h/_next/static/chunks/3764.cdef4e76dbc23af8.js", "/_next/static/chunks/{n}.{hash}.js"),
            ("http://h/icon?fde4afff4688df3a", "/icon?{hash}"),
            ("http://h/u/6f9619ff-8b86-d011-b42d-00cf4fc964ff/x", "/u/{uuid}/x"),
            ("http://h/users/facade/decade", "/users/facade/decade"),
            ("http://h/orders/01HV5ZQ8Y2K3M4N5P6Q7R8S9T0", "/orders/{id}"),
            ("http://h", "/"),
            ("http://h/?a", "/?a"),
            ("http://h/é_1/~x", "/é_{n}/~x"),
        ] {
            assert_eq!(pattern(&Url::new(url)), folded, "{url}");
        }
    }
}
