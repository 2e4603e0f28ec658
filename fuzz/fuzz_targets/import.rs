//! Any bytes as an archive of one page: it is diagnosed in sentences, and a scenario is drafted from it or refused with one
//! message. A draft is a scenario that the program reads, with each of its fixes; a draft that it refuses is a finding.
#![no_main]

use sixslot_analysis::diagnose::Report;
use sixslot_analysis::import::{ImportError, import};
use sixslot_har::Archive;
use sixslot_models::Document;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(archive) = Archive::read("fuzz.har", bytes) else { return };
    let report = Report::new(vec![archive.clone()]);
    assert!(report.files.iter().all(|file| !file.sentence.is_empty()));
    assert!(!report.text(80).is_empty() && !report.markdown().is_empty());
    match import(vec![archive]) {
        Ok(draft) => {
            let read = Document::read("draft.toml", &draft.text, &[]).and_then(|document| document.plan(&[], &[]));
            if let Err(error) = read {
                panic!("{error}\n{}", draft.text);
            }
        }
        Err(ImportError::Refused(error)) => panic!("{error}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
