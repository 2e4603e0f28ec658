//! Any bytes as an archive: they are refused with one message, or everything that is asked of an archive has an answer.
#![no_main]

use sixslot_har::Archive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let archive = match Archive::read("fuzz.har", bytes) {
        Ok(archive) => archive,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let classes = archive.classes();
    assert_eq!(classes.iter().map(|class| class.entries.len()).sum::<usize>(), archive.entries.len());
    let diagnosis = sixslot_har::Diagnosis::new(&archive);
    assert_eq!(diagnosis.verdicts.values().sum::<usize>(), archive.entries.len());
    for origin in &diagnosis.origins {
        assert!(origin.most_held <= origin.most_possible && origin.saturated_ms() <= origin.possibly_saturated_ms + 1e-3);
    }
    for busy in &diagnosis.busy {
        assert!(busy.together >= 1 && busy.shortest_ms <= busy.longest_ms);
    }
    let _ = sixslot_har::Pool::new(&[archive], &[diagnosis]);
});
