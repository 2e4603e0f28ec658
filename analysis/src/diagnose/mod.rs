//! `sixslot diagnose`: what archives of a page's loads prove, in words.
//!
//! Rule: the analysis is the crate `har`; here it is only put into words, and nothing is said that it does not hold.
//! "Proved" needs no assumption beyond the format's rules; "possible" names its assumption.

mod case;
mod markdown;
mod page;
mod phrases;
mod text;
mod words;

pub use words::Words;

use serde::Serialize;
use sixslot_har::{Archive, Diagnosis, Pool};

/// One file, read and diagnosed.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// What it says, in sentences.
    pub words: Words,
    /// The facts behind the sentences.
    #[serde(flatten)]
    pub diagnosis: Diagnosis,
}

/// All files, and what they show together where they are several.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The files, in the order in which they were named.
    pub files: Vec<FileReport>,
    /// The files together.
    pub together: Option<Together>,
}

/// Several files of one page.
#[derive(Debug, Serialize)]
pub struct Together {
    /// What they say together, in sentences.
    pub words: Words,
    /// The facts.
    #[serde(flatten)]
    pub pool: Pool,
}

impl Report {
    /// Diagnoses archives.
    pub fn new(archives: Vec<Archive>) -> Self {
        let diagnoses = archives.iter().map(Diagnosis::new).collect::<Vec<_>>();
        let words = archives.iter().zip(&diagnoses).map(|(archive, diagnosis)| Words::new(archive, diagnosis));
        let words = words.collect::<Vec<_>>();
        let together = (archives.len() > 1).then(|| {
            let pool = Pool::new(&archives, &diagnoses);
            Together { words: Words::together(&pool, &diagnoses, &words), pool }
        });
        let files = words.into_iter().zip(diagnoses).map(|(words, diagnosis)| FileReport { words, diagnosis });
        Self { files: files.collect(), together }
    }

    /// For a terminal of so many characters in a line.
    pub fn text(&self, width: usize) -> String {
        text::report(self, width)
    }

    /// For a summary page of continuous integration.
    pub fn markdown(&self) -> String {
        markdown::report(self)
    }
}
