//! A URL of a class, with placeholders for the numbers of the instance and the tab.
//!
//! Rule: two requests have the same URL if their expanded texts are equal; a load compares numbers, not texts.

use crate::origin::is_host;
use crate::read;
use crate::source::Fault;
use crate::tree::Node;

/// A URL with placeholders for the numbers of the instance and the tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate(String);

impl UrlTemplate {
    /// The default URL of a class with this name.
    pub(crate) fn of(path: String) -> Self {
        Self(path)
    }

    /// Reads `url`.
    pub(crate) fn read(node: &Node) -> Result<Self, Fault> {
        let text = read::text(node)?;
        if text.is_empty() || text.contains(char::is_whitespace) || text.len() > 2_000 {
            return Err(Fault::new(&node.place, "a URL has 1 to 2000 characters and no white space"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As written in the scenario, with `{index}` and `{tab}` in it.
    pub fn template(&self) -> &str {
        &self.0
    }

    /// The host of an absolute URL, if it is the same in all instances and tabs.
    pub fn host(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        is_host(host).then_some(host)
    }

    /// The URL of one instance in one tab.
    pub fn expand(&self, index: u32, tab: u32) -> String {
        self.0.replace("{index}", &index.to_string()).replace("{tab}", &tab.to_string())
    }

    /// A number for the URL, equal for equal URLs of one origin; computed without the string.
    pub fn identity(&self, index: u32, tab: u32) -> u64 {
        let mut hash = Fnv::default();
        let mut rest = self.0.as_str();
        while let Some(open) = rest.find('{') {
            hash.bytes(&rest.as_bytes()[..open]);
            rest = &rest[open..];
            if let Some(after) = rest.strip_prefix("{index}") {
                hash.decimal(index);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{tab}") {
                hash.decimal(tab);
                rest = after;
            } else {
                hash.bytes(b"{");
                rest = &rest[1..];
            }
        }
        hash.bytes(rest.as_bytes());
        hash.0
    }
}

/// The hash FNV-1a with 64 bits.
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
