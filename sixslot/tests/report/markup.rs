//! The start tags of a page, as a browser's tokenizer finds them; and that each is closed.

/// A start tag.
#[derive(Debug)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Elements without an end tag.
const VOID: [&str; 7] = ["!DOCTYPE", "meta", "link", "input", "br", "wbr", "img"];

/// The elements of a page in their order.
///
/// # Panics
/// An element that is closed by another's end tag, or never.
pub fn elements(html: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        // A tokenizer sees text where neither a letter, nor `/`, nor `!` follows.
        let Some(first) = rest.chars().next().filter(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!')) else {
            continue;
        };
        if first == '/' {
            let end = rest.find('>').unwrap_or_else(|| panic!("a tag has no end: {rest:.80}"));
            assert_eq!(open.pop().as_deref(), Some(rest[1..end].trim()), "{rest:.80}");
            rest = &rest[end..];
            continue;
        }
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect();
        rest = &rest[name.len()..];
        let (attributes, closed) = attributes(&mut rest);
        if !closed && !VOID.contains(&name.as_str()) {
            // What stands in these is no markup.
            if matches!(name.as_str(), "script" | "style") {
                let end = format!("</{name}");
                rest = &rest[rest.find(&end).unwrap_or_else(|| panic!("no {end}"))..];
            }
            open.push(name.clone());
        }
        found.push(Element { name, attributes });
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    found
}

/// Reads attributes up to the end of a tag, and whether it closes itself.
fn attributes(rest: &mut &str) -> (Vec<(String, String)>, bool) {
    let mut found = Vec::new();
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            *rest = after;
            return (found, true);
        }
        if let Some(after) = rest.strip_prefix('>') {
            *rest = after;
            return (found, false);
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).expect("a tag ends");
        let name = rest[..end].to_owned();
        *rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\'')).expect("a value stands in quotes");
            let end = after[1..].find(quote).expect("a value ends");
            value = after[1..=end].to_owned();
            *rest = &after[end + 2..];
        }
        found.push((name, value));
    }
}
