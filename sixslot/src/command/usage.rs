//! What is wrong with the arguments, in words for people.

use super::terminal::{say, say_fit};
use super::{Exit, Failure};
use sixslot_analysis::words::plain;

/// Adds the new name of a renamed command or option.
pub(super) fn with_new_names(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    for (wrong, right) in [
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
    ] {
        let Some(ContextValue::String(old)) = error.get(wrong) else { continue };
        let Some(row) = sixslot_models::schema::RENAMED.iter().find(|row| row.old == old) else { continue };
        // Beside what is spelled alike: who mistypes a name of today has not met the old one.
        let mut names = match error.get(right) {
            Some(ContextValue::String(alike)) => vec![alike.clone()],
            Some(ContextValue::Strings(alike)) => alike.clone(),
            _ => Vec::new(),
        };
        for new in row.new {
            if names.iter().all(|name| name != new) {
                names.push((*new).to_owned());
            }
        }
        error.insert(right, ContextValue::Strings(names));
    }
    error
}

/// Says what a number has to be, instead of how its parser failed.
fn plain_numbers(error: &clap::Error, text: String) -> String {
    use std::error::Error as _;
    let Some(source) = error.source() else { return text };
    let reason = source.to_string();
    let better = if source.is::<std::num::ParseIntError>() {
        "write a whole number without a sign, such as 1000".to_owned()
    } else if source.is::<std::num::ParseFloatError>() {
        "write a number, such as 0.01".to_owned()
    } else if let Some((number, range)) = reason.split_once(" is not in ") {
        // A range as Rust writes it.
        match range.split_once("..=").or_else(|| range.split_once("..")) {
            Some((low, "")) => format!("{number} is not a whole number from {low} on"),
            Some((low, high)) => format!("{number} is not a whole number from {low} to {high}"),
            None => return text,
        }
    } else {
        return text;
    };
    text.replacen(&reason, &better, 1)
}

/// Shows help, or what is wrong with the arguments.
pub(super) fn show_usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        // Without clap's colours: it repeats the arguments, or what follows `=`, and these may have any character.
        let mut text = plain_numbers(error, error.render().to_string());
        for argument in std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()) {
            for part in
                [Some(argument.as_str()), argument.split_once('=').map(|(_, value)| value)].into_iter().flatten()
            {
                if part.contains('\n') {
                    text = text.replace(part, &plain(part));
                }
            }
        }
        say_fit(&text);
        return Exit::Unusable;
    }
    match error.print() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            say(&Failure::Output(error).to_string());
            Exit::Unusable
        }
        _ => Exit::Done,
    }
}
