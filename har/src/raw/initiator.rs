//! What started a request: an object in Chrome's archives, a URL in those of chrome-har and WebPageTest.
//!
//! Rule: of a call stack, and of the stacks of its asynchronous parents, each script is kept once, nearest first.

use crate::entry::Initiator;
use crate::limits;
use crate::value::{Figure, Object, Word, kept, nothing_from};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

#[derive(Default, Deserialize)]
pub(super) struct InitiatorObject {
    #[serde(default, rename = "type")]
    kind: Word,
    #[serde(default)]
    url: Word,
    #[serde(default, rename = "lineNumber")]
    line: Word,
    #[serde(default)]
    stack: RawStack,
}

/// Scripts of a stack and of its asynchronous parents, each once.
#[derive(Default)]
struct RawStack {
    urls: Vec<String>,
    /// The line of the nearest frame.
    line: Option<f64>,
    /// How many of the scripts are on the stack itself.
    synchronous: usize,
}

#[derive(Default, Deserialize)]
struct RawFrame {
    #[serde(default)]
    url: Word,
    #[serde(default, rename = "lineNumber")]
    line: Word,
}

impl RawStack {
    /// Adds a frame, within the limit.
    fn add(&mut self, frame: RawFrame) {
        let Some(url) = frame.url.0 else { return };
        if self.urls.is_empty() {
            self.line = frame.line.number();
        }
        if self.urls.len() < limits::STACK && !self.urls.contains(&url) {
            self.urls.push(url);
        }
    }
}

/// Reads a stack into `stack`; `depth` is the number of stacks above it.
struct StackReader<'a> {
    stack: &'a mut RawStack,
    depth: usize,
}

/// Reads the list of a stack's frames.
struct FramesReader<'a>(&'a mut RawStack);

impl<'de> Visitor<'de> for StackReader<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call stack")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let Self { stack, depth } = self;
        while let Some(Word(key)) = values.next_key()? {
            match key.as_deref() {
                Some("callFrames") => {
                    values.next_value_seed(FramesReader(stack))?;
                    if depth == 0 {
                        stack.synchronous = stack.urls.len();
                    }
                }
                Some("parent") if depth < limits::STACK => {
                    values.next_value_seed(StackReader { stack, depth: depth + 1 })?;
                }
                _ => drop(values.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
    nothing_from!((), ());
}

impl<'de> DeserializeSeed<'de> for StackReader<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FramesReader<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of call frames")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(Object(frame)) = values.next_element::<Object<RawFrame>>()? {
            frame.into_iter().for_each(|frame| self.0.add(frame));
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
    nothing_from!(@scalars (), ());
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for FramesReader<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Deserialize<'de> for RawStack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut stack = Self::default();
        StackReader { stack: &mut stack, depth: 0 }.deserialize(deserializer)?;
        Ok(stack)
    }
}

/// `_initiator`: an object, a URL, or nothing.
#[derive(Default)]
pub(super) enum RawInitiator {
    #[default]
    None,
    Url(String),
    Object(Box<InitiatorObject>),
}

impl<'de> Deserialize<'de> for RawInitiator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawInitiator;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a URL")
            }
            fn visit_map<A: MapAccess<'de>>(self, values: A) -> Result<RawInitiator, A::Error> {
                let object = InitiatorObject::deserialize(MapAccessDeserializer::new(values))?;
                Ok(RawInitiator::Object(Box::new(object)))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<RawInitiator, E> {
                Ok(if value.is_empty() { RawInitiator::None } else { RawInitiator::Url(kept(value)) })
            }
            nothing_from!(@lists RawInitiator, RawInitiator::None);
            nothing_from!(@scalars RawInitiator, RawInitiator::None);
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A line number, from 0.
fn line(number: Option<f64>) -> Option<u64> {
    number.filter(|line| (0.0..1e9).contains(line)).map(|line| line as u64)
}

impl InitiatorObject {
    fn initiator(self) -> Initiator {
        let RawStack { urls, line: first_line, synchronous } = self.stack;
        let url = self.url.0.or_else(|| urls.first().cloned());
        Initiator { kind: self.kind.0, url, line: line(self.line.number().or(first_line)), stack: urls, synchronous }
    }
}

impl RawInitiator {
    /// Bytes of what is kept of it.
    pub fn bytes(&self) -> usize {
        let length = |word: &Word| word.0.as_ref().map_or(0, String::len);
        match self {
            Self::None => 0,
            Self::Url(url) => url.len(),
            Self::Object(object) => {
                let stack = object.stack.urls.iter().map(|url| 24 + url.len()).sum::<usize>();
                stack + length(&object.kind) + length(&object.url)
            }
        }
    }

    /// With `_initiator_type` and `_initiator_line`, which accompany a URL.
    pub fn initiator(self, kind: Word, number: Figure) -> Option<Initiator> {
        match self {
            Self::Object(object) => Some(object.initiator()),
            // Lines that accompany a URL count from 1 in WebPageTest and from 0 in chrome-har; only messages show them.
            Self::Url(url) => {
                Some(Initiator { kind: kind.0, url: Some(url), line: line(number.get()), ..Initiator::default() })
            }
            Self::None => Some(Initiator { kind: Some(kind.0?), ..Initiator::default() }),
        }
    }
}
