//! A CSV table as text: the only writer of CSV.
//!
//! Rule: RFC 4180, with line feeds. Every row has as many cells as the first; a row that has not is an error, because a
//! table that lacks it would look whole.

use serde::Serialize;

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
#[error("the CSV table cannot be written: {reason}; this is a fault of the program, please report it with the command")]
pub struct CsvError {
    reason: String,
}

fn reason(error: &impl ToString) -> CsvError {
    CsvError { reason: error.to_string() }
}

fn text(writer: csv::Writer<Vec<u8>>) -> Result<String, CsvError> {
    let bytes = writer.into_inner().map_err(|error| reason(&error))?;
    String::from_utf8(bytes).map_err(|error| reason(&error))
}

/// A table of rows of cells; the first row has the names of the columns.
///
/// # Errors
/// A row that has not as many cells as the first.
pub fn of_rows<R>(rows: impl IntoIterator<Item = R>) -> Result<String, CsvError>
where
    R: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|error| reason(&error))?;
    }
    text(writer)
}

/// A table of records; the names of their fields are those of the columns. No record gives an empty table.
///
/// # Errors
/// A record that is not flat.
pub fn of_records<R: Serialize>(records: impl IntoIterator<Item = R>) -> Result<String, CsvError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.serialize(record).map_err(|error| reason(&error))?;
    }
    text(writer)
}

#[cfg(test)]
mod tests {
    use super::{of_records, of_rows};
    use std::collections::BTreeMap;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_a_short_row_is_an_error() {
        let table = of_rows([["a", "b"], ["1,2", "say \"x\""]]).unwrap();
        assert_eq!(table, "a,b\n\"1,2\",\"say \"\"x\"\"\"\n");
        let error = of_rows([vec!["a", "b"], vec!["1"]]).unwrap_err().to_string();
        assert!(error.contains("1 field") && error.contains("2 fields"), "{error}");
    }

    #[test]
    fn records_have_their_fields_as_columns() {
        #[derive(serde::Serialize)]
        struct Line {
            fix: &'static str,
            loads: u64,
        }
        assert_eq!(of_records([Line { fix: "x", loads: 3 }]).unwrap(), "fix,loads\nx,3\n");
        assert!(of_records([BTreeMap::from([("a", 1)])]).is_err());
    }
}
