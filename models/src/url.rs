//! A URL of a class, with placeholders for the numbers of the instance and the tab.
//!
//! Rule: two requests have the same URL if their expanded texts are equal; a load compares numbers, not texts.

use crate::origin::is_host;
use crate::read;
use crate::source::Fault;
use crate::tree::Node;
use std::ops::Range;

/// A URL with placeholders for the numbers of the instance and the tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate {
    text: String,
    /// The hash of what stands before the first placeholder.
    start: Fnv,
    /// The placeholders, each with the end of the text that follows it.
    rest: Vec<(Placeholder, Range<usize>)>,
    /// The part before its query, if it has one.
    path: Option<Box<Self>>,
}

/// A number that a URL has in place of a name in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Index,
    Tab,
}

impl Placeholder {
    const NAMES: [(&'static str, Self); 2] = [("{index}", Self::Index), ("{tab}", Self::Tab)];
}

impl UrlTemplate {
    /// The default URL of a class with this name.
    pub(crate) fn of(text: String) -> Self {
        let next = |from: usize| {
            let found = |(name, number): (&str, _)| Some((from + text[from..].find(name)?, name.len(), number));
            Placeholder::NAMES.into_iter().filter_map(found).min_by_key(|(at, ..)| *at)
        };
        let mut start = Fnv::default();
        let mut rest = Vec::new();
        let mut found = next(0);
        start.bytes(&text.as_bytes()[..found.map_or(text.len(), |(at, ..)| at)]);
        while let Some((at, length, number)) = found {
            let from = at + length;
            found = next(from);
            rest.push((number, from..found.map_or(text.len(), |(at, ..)| at)));
        }
        let path = text.find('?').map(|at| Box::new(Self::of(text[..at].to_owned())));
        Self { text, start, rest, path }
    }

    /// Reads `url`.
    pub(crate) fn read(node: &Node) -> Result<Self, Fault> {
        let text = read::text(node)?;
        if text.is_empty() || text.contains(char::is_whitespace) || text.len() > 2_000 {
            return Err(Fault::new(&node.place, "a URL has 1 to 2000 characters and no white space"));
        }
        Ok(Self::of(text.to_owned()))
    }

    /// As written in the scenario, with `{index}` and `{tab}` in it.
    pub fn template(&self) -> &str {
        &self.text
    }

    /// The host of an absolute URL, if it is the same in all instances and tabs.
    pub fn host(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        is_host(host).then_some(host)
    }

    /// The URL of one instance in one tab.
    pub fn expand(&self, index: u32, tab: u32) -> String {
        self.text.replace("{index}", &index.to_string()).replace("{tab}", &tab.to_string())
    }

    /// A number for the URL, equal for equal URLs of one origin; computed without the string.
    pub fn identity(&self, index: u32, tab: u32) -> u64 {
        let mut hash = self.start;
        for (placeholder, text) in &self.rest {
            hash.decimal(match placeholder {
                Placeholder::Index => index,
                Placeholder::Tab => tab,
            });
            hash.bytes(&self.text.as_bytes()[text.clone()]);
        }
        hash.0
    }

    /// The same of the URL without its query.
    pub fn path_identity(&self, index: u32, tab: u32) -> u64 {
        self.path.as_deref().unwrap_or(self).identity(index, tab)
    }
}

/// The hash FNV-1a with 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn decimal(&mut self, number: u32) {
        let mut divisor = 1;
        while number / divisor >= 10 {
            divisor *= 10;
        }
        while divisor > 0 {
            self.bytes(&[b'0' + (number / divisor % 10) as u8]);
            divisor /= 10;
        }
    }
}
