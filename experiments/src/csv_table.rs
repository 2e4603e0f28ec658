//! A CSV table as text: the only writer of CSV.
//!
//! Rule: RFC 4180, with line feeds. Every row has as many cells as the first; a row that has not is an error, because a
//! table that lacks it would look whole. Text of scenarios, archives and file names cannot become a formula or a line
//! ([`cell_text`]).

use serde::Serialize;
use sixslot_analysis::words::plain;

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
        let cells = row.into_iter().map(|cell| cell_text(&String::from_utf8_lossy(cell.as_ref())));
        writer.write_record(cells).map_err(|error| reason(&error))?;
    }
    text(writer)
}

/// A cell that a spreadsheet shows and does not compute: on one line, and with an apostrophe before the characters that begin
/// a formula, unless the cell is a number.
/// Source: OWASP, "CSV Injection".
pub fn cell_text(cell: &str) -> String {
    let cell = plain(cell);
    let is_formula =
        cell.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell }
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
    let bare = text(writer)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bare.as_bytes());
    let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(|error| reason(&error))?;
    of_rows(&rows)
}

/// A table with a last column `notes`, which says the same in each row; without notes the table as it is.
///
/// # Errors
/// A table whose rows have different numbers of cells.
pub fn with_notes(table: &str, notes: &[String]) -> Result<String, CsvError> {
    if notes.is_empty() {
        return Ok(table.to_owned());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let mut rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(|error| reason(&error))?;
    let said = notes.join(" ");
    for (number, row) in rows.iter_mut().enumerate() {
        row.push_field(if number == 0 { "notes" } else { &said });
    }
    of_rows(&rows)
}

#[cfg(test)]
mod tests {
    use super::{of_records, of_rows, with_notes};
    use std::collections::BTreeMap;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_a_short_row_is_an_error() {
        let table = of_rows([["a", "b"], ["1,2", "say \"x\""]]).unwrap();
        assert_eq!(table, "a,b\n\"1,2\",\"say \"\"x\"\"\"\n");
        let error = of_rows([vec!["a", "b"], vec!["1"]]).unwrap_err().to_string();
        assert!(error.contains("1 field") && error.contains("2 fields"), "{error}");
    }

    #[test]
    fn formulas_and_control_characters_are_text() {
        let hostile = ["=cmd|' /C calc'!A1", "@SUM(1)", "+1+1", "-1+1", " =1", "\t=1", "a\u{1b}[2J\nb", "\u{ff1d}1"];
        let table = of_rows([hostile]).unwrap();
        assert_eq!(table, "'=cmd|' /C calc'!A1,'@SUM(1),'+1+1,'-1+1,' =1,' =1,a [2J b,'\u{ff1d}1\n");
        let numbers = ["-1", "+2", "-1e-9", "-0.5", "-inf", ""];
        assert_eq!(of_rows([numbers]).unwrap(), "-1,+2,-1e-9,-0.5,-inf,\n");
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

    #[test]
    fn notes_are_in_each_row() {
        let table = "fix,loads\nx,3\ny,3\n";
        assert_eq!(with_notes(table, &[]).unwrap(), table);
        let noted = with_notes(table, &["a, b.".to_owned(), "c.".to_owned()]).unwrap();
        assert_eq!(noted, "fix,loads,notes\nx,3,\"a, b. c.\"\ny,3,\"a, b. c.\"\n");
    }
}
