//! `sixslot diagnose`: what archives of a page's loads prove, in words.
//!
//! Rule: the analysis is the crate `har`; here it is put into sentences, each of which is a claim with a check of its own
//! ([`Claim`]). "Proved" needs no assumption beyond the format's rules; "possible" names its assumption. Every load of a file
//! is diagnosed by itself.

mod advice;
mod answer;
mod calls;
mod case;
mod claim;
mod connections;
mod label;
mod markdown;
mod page;
mod part;
mod patterns;
mod phrases;
mod statement;
mod statements;
mod summary;
mod text;

pub use advice::Advice;
pub use claim::Claim;
pub use part::Part;
pub use statement::{Said, Statement};
pub use statements::Pooled;

use serde::Serialize;
use sixslot_har::{Archive, Diagnosis, Exporter, Pool};
use std::ops::Range;

/// One load, diagnosed.
#[derive(Debug, Serialize)]
pub struct LoadReport {
    /// Its name, where the file has several: the file's and its number.
    pub load: Option<String>,
    /// Its entries by their place in the file, from 1, in order.
    pub entries: Vec<usize>,
    /// What it says.
    pub statements: Vec<Statement>,
    /// The facts behind the statements.
    #[serde(flatten)]
    pub diagnosis: Diagnosis,
}

/// One file, read and diagnosed.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// What the user calls it.
    pub file: String,
    /// Who wrote it.
    pub exporter: Exporter,
    /// The writer's own words.
    pub creator: String,
    /// Its entries.
    pub requests: usize,
    /// The first sentence.
    pub sentence: String,
    /// Its loads, in order of time.
    pub loads: Vec<LoadReport>,
    /// What they say together, where they are several.
    pub together: Option<Together>,
}

/// All files, and what they show together where they are several.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The files, in the order in which they were named.
    pub files: Vec<FileReport>,
    /// The files together.
    pub together: Option<Together>,
}

/// Several loads.
#[derive(Debug, Serialize)]
pub struct Together {
    /// What they say together.
    pub statements: Vec<Pooled>,
    /// The facts; its `files` are loads.
    #[serde(flatten)]
    pub pool: Pool,
}

/// Every load of all files, in order; a file's loads are a range of them.
struct Loads {
    archives: Vec<Archive>,
    diagnoses: Vec<Diagnosis>,
    statements: Vec<Vec<Statement>>,
}

impl Loads {
    fn new(archives: Vec<Archive>) -> Self {
        let diagnoses = archives.iter().map(Diagnosis::new).collect::<Vec<_>>();
        let statements = archives.iter().zip(&diagnoses);
        let statements = statements.map(|(archive, diagnosis)| statements::of_load(archive, diagnosis)).collect();
        Self { archives, diagnoses, statements }
    }

    /// Some of them together; `None` of one alone. `files` is what the advice to import names.
    fn together(&self, range: Range<usize>, files: &str) -> Option<Together> {
        if range.len() < 2 {
            return None;
        }
        let archives = &self.archives[range.clone()];
        let named = archives.iter().zip(&self.statements[range.clone()]);
        let named = named.map(|(archive, statements)| (archive.name.as_str(), statements.as_slice()));
        let mut statements = statements::together(&named.collect::<Vec<_>>());
        let simulate = Statement::from(Advice::simulate(files));
        statements.push(Pooled { loads: range.len(), of: range.len(), load: None, statement: simulate });
        Some(Together { statements, pool: Pool::new(archives, &self.diagnoses[range]) })
    }

    fn first_sentence(&self, load: usize) -> String {
        self.statements[load].first().map_or_else(String::new, |first| first.text.clone())
    }
}

impl Report {
    /// Diagnoses archives, load by load.
    pub fn new(archives: Vec<Archive>) -> Self {
        let several = archives.len() > 1;
        let all = archives.first().map_or_else(String::new, |archive| format!("{} ...", archive.name));
        let mut split = Vec::new();
        let heads = archives.into_iter().map(|archive| {
            let head = (archive.name.clone(), archive.exporter, archive.creator.clone(), archive.entries.len());
            let from = split.len();
            split.extend(archive.split());
            (head, from..split.len())
        });
        let heads = heads.collect::<Vec<_>>();
        let loads = Loads::new(split);
        let together = several.then(|| loads.together(0..loads.archives.len(), &all)).flatten();
        let mut files = Vec::new();
        let mut sizes = Vec::new();
        for ((file, exporter, creator, requests), range) in heads {
            sizes.push(range.len());
            let together = loads.together(range.clone(), &file);
            let sentence = match together.as_ref().and_then(|together| together.statements.first()) {
                Some(first) => first.statement.text.clone(),
                None => loads.first_sentence(range.start),
            };
            files.push(FileReport { file, exporter, creator, requests, sentence, loads: Vec::new(), together });
        }
        let Loads { archives, diagnoses, statements } = loads;
        let mut reports =
            archives.into_iter().zip(diagnoses).zip(statements).map(|((archive, diagnosis), statements)| {
                let mut entries = archive.entries.iter().map(|entry| entry.number).collect::<Vec<_>>();
                entries.sort_unstable();
                LoadReport { load: None, entries, statements, diagnosis }
            });
        for (file, size) in files.iter_mut().zip(sizes) {
            file.loads = reports.by_ref().take(size).collect();
            for load in &mut file.loads {
                if size > 1 || several {
                    load.load = Some(load.diagnosis.file.clone());
                }
                if size == 1 {
                    load.statements.push(Statement::from(Advice::simulate(&file.file)));
                }
            }
        }
        Self { files, together }
    }

    /// The first sentence: of all files together, or of the only one.
    #[must_use]
    pub fn sentence(&self) -> &str {
        let all = self.together.as_ref().and_then(|all| all.statements.first());
        let first = || self.files.first().map_or("", |file| file.sentence.as_str());
        all.map_or_else(first, |pooled| pooled.statement.text.as_str())
    }

    /// The first sentence and the strongest statements, for a terminal with `width` columns.
    #[must_use]
    pub fn brief(&self, width: usize) -> String {
        text::brief(self, width)
    }

    /// For a terminal with `width` columns.
    pub fn text(&self, width: usize) -> String {
        text::report(self, width)
    }

    /// For a summary page of continuous integration.
    pub fn markdown(&self) -> String {
        markdown::report(self)
    }
}
