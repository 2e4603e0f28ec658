//! JSON values as archives really hold them.
//!
//! Rule: in a field of HAR 1.2, `null` is the same as nothing, a number may be written as text, and any other type is an
//! error. In a field of a vendor's own (its name begins with an underscore) whatever does not fit is the same as nothing.

use crate::limits;
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Methods of a visitor that make nothing of each type that the JSON parser can find, but for objects.
macro_rules! nothing_from {
    ($value:ty, $nothing:expr) => {
        $crate::value::nothing_from!(@lists $value, $nothing);
        $crate::value::nothing_from!(@scalars $value, $nothing);
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<$value, E> {
            Ok($nothing)
        }
    };
    (@lists $value:ty, $nothing:expr) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut values: A) -> Result<$value, A::Error> {
            while values.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
    (@scalars $value:ty, $nothing:expr) => {
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<$value, E> {
            Ok($nothing)
        }
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<$value, E> {
            Ok($nothing)
        }
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<$value, E> {
            Ok($nothing)
        }
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<$value, E> {
            Ok($nothing)
        }
        fn visit_unit<E: serde::de::Error>(self) -> Result<$value, E> {
            Ok($nothing)
        }
    };
}
pub(crate) use nothing_from;

/// Cuts a text at the limit, between two characters.
pub(crate) fn kept(text: &str) -> String {
    let mut end = text.len().min(limits::KEPT_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// A number, a number written as text, or nothing. Nothing is NaN, which JSON cannot write: an archive has many of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(f64);

impl Default for Number {
    fn default() -> Self {
        Self(f64::NAN)
    }
}

impl Number {
    pub fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Number, E> {
                match value.trim() {
                    "" => Ok(Number::default()),
                    text => match text.parse::<f64>() {
                        Ok(number) if number.is_finite() => Ok(Number(number)),
                        _ => Err(E::invalid_type(Unexpected::Str(&kept(value)), &self)),
                    },
                }
            }
            fn visit_unit<E: Error>(self) -> Result<Number, E> {
                Ok(Number::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A vendor's number, or a number written as text; anything else is nothing. A boolean is 0 or 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figure(pub Number);

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Word::deserialize(deserializer)?;
        let number = if word.0.as_deref() == Some("true") { Some(1.0) } else { word.number() };
        Ok(Self(Number(number.unwrap_or(f64::NAN))))
    }
}

impl Figure {
    pub fn get(self) -> Option<f64> {
        self.0.get()
    }
}

/// A text, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub text: Option<String>,
    /// It was longer than what is kept.
    pub cut: bool,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Text, E> {
                Ok(Text { text: Some(kept(value)), cut: value.len() > limits::KEPT_TEXT })
            }
            fn visit_unit<E: Error>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A vendor's text or number, as text; anything else is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub Option<String>);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Word;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a number")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Word, E> {
                Ok(Word((!value.is_empty()).then(|| kept(value))))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Word, E> {
                Ok(Word(Some(value.to_string())))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Word, E> {
                Ok(Word(Some(value.to_string())))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Word, E> {
                Ok(Word(Some(value.to_string())))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Word, E> {
                Ok(Word(value.then(|| "true".to_owned())))
            }
            fn visit_unit<E: Error>(self) -> Result<Word, E> {
                Ok(Word(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Word, A::Error> {
                while values.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Word(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Word, A::Error> {
                while values.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Word(None))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Word {
    /// The number in it.
    pub(crate) fn number(&self) -> Option<f64> {
        self.0.as_deref().and_then(|text| text.trim().parse::<f64>().ok()).filter(|number| number.is_finite())
    }
}

/// An object of HAR 1.2. An empty list passes for an empty object, because some languages have one type for both;
/// a list with items and `null` do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Map<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Map<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(values)).map(Map)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                if values.next_element::<IgnoredAny>()?.is_some() {
                    return Err(A::Error::invalid_type(Unexpected::Seq, &self));
                }
                let nothing = std::iter::empty::<(&str, ())>();
                T::deserialize(MapDeserializer::<_, A::Error>::new(nothing)).map(Map)
            }
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// A vendor's object; anything else is nothing. `T` must take every type in each of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object<T>(pub Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(values)).map(|value| Object(Some(value)))
            }
            nothing_from!(Object<T>, Object(None));
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// A list of which the reader keeps what `F` folds; anything but a list is `T::default()` where `loose`.
pub(crate) trait Fold<'de>: Default {
    /// What the list holds.
    type Item: Deserialize<'de>;
    /// What is expected, for messages.
    const EXPECTED: &'static str;
    /// Whether another type is the same as nothing.
    const LOOSE: bool;
    /// Takes an item.
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E>;
}

/// Reads a list through its [`Fold`].
pub(crate) fn folded<'de, T: Fold<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Reader<T>(PhantomData<T>);
    fn other<'de, T: Fold<'de>, E: Error>(found: Unexpected<'_>) -> Result<T, E> {
        if T::LOOSE { Ok(T::default()) } else { Err(E::invalid_type(found, &T::EXPECTED)) }
    }
    impl<'de, T: Fold<'de>> Visitor<'de> for Reader<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<T, A::Error> {
            let mut result = T::default();
            while let Some(item) = values.next_element()? {
                result.take(item)?;
            }
            Ok(result)
        }
        fn visit_unit<E: Error>(self) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<T, A::Error> {
            let result = other(Unexpected::Map)?;
            while values.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(result)
        }
        fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
            other(Unexpected::Bool(value))
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
            other(Unexpected::Signed(value))
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
            other(Unexpected::Unsigned(value))
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
            other(Unexpected::Float(value))
        }
        fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
            other(Unexpected::Str(&kept(value)))
        }
    }
    deserializer.deserialize_any(Reader(PhantomData))
}
