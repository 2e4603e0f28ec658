//! Dates with their offset, as microseconds since 1970.
//!
//! Rule: RFC 3339 with any offset. A date without one is taken as UTC: only differences within a file matter.

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::fmt;

/// A date. Whole microseconds: as a floating-point number it would lose some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Date {
    /// Microseconds since 1970.
    pub unix_us: i64,
}

fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    let timestamp =
        text.parse::<jiff::Timestamp>().ok().or_else(|| jiff::tz::Offset::UTC.to_timestamp(text.parse().ok()?).ok())?;
    Some(Date { unix_us: timestamp.as_microsecond() })
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Date;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date such as 2026-01-31T09:30:00.250Z")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Date, E> {
                parse(value).ok_or_else(|| E::invalid_value(Unexpected::Str(&crate::value::kept(value)), &self))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, parse};

    #[test]
    fn offsets_are_read() {
        let date = Some(Date { unix_us: 1_779_000_000_250_000 });
        for text in [
            "2026-05-17T06:40:00.250Z",
            "2026-05-17T08:40:00.250+02:00",
            "2026-05-17T08:40:00.25+0200",
            "2026-05-17T06:40:00.250",
        ] {
            assert_eq!(parse(text), date, "{text}");
        }
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1779000000"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
