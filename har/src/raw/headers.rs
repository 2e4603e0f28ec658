//! The headers of a request or an answer: their number, and the values of those that are kept.

use crate::entry::{REQUEST_HEADERS, RESPONSE_HEADERS};
use crate::limits;
use crate::value::{Fold, Object, Word};
use serde::Deserialize;
use serde::de::Error;
use std::collections::BTreeMap;

#[derive(Default, Deserialize)]
pub(super) struct RawHeader {
    #[serde(default)]
    name: Word,
    #[serde(default)]
    value: Word,
}

/// The headers that are kept, and their number.
#[derive(Default)]
pub(super) struct Headers {
    pub count: usize,
    pub kept: BTreeMap<&'static str, String>,
}

impl Headers {
    fn take<E: Error>(&mut self, known: &'static [&'static str], item: Object<RawHeader>) -> Result<(), E> {
        if self.count == limits::HEADERS {
            return Err(E::custom(format_args!("more than {} headers", limits::HEADERS)));
        }
        self.count += 1;
        let Some(RawHeader { name: Word(Some(name)), value }) = item.0 else { return Ok(()) };
        if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
            self.kept.insert(known, value.0.unwrap_or_default());
        }
        Ok(())
    }

    /// Bytes of what is kept.
    pub fn bytes(&self) -> usize {
        self.kept.values().map(|value| 64 + value.len()).sum()
    }
}

#[derive(Default)]
pub(super) struct RequestHeaders(pub Headers);

#[derive(Default)]
pub(super) struct ResponseHeaders(pub Headers);

impl<'de> Fold<'de> for RequestHeaders {
    type Item = Object<RawHeader>;
    const EXPECTED: &'static str = "a list of headers";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.0.take(&REQUEST_HEADERS, item)
    }
}

impl<'de> Fold<'de> for ResponseHeaders {
    type Item = Object<RawHeader>;
    const EXPECTED: &'static str = "a list of headers";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.0.take(&RESPONSE_HEADERS, item)
    }
}
