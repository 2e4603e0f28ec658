//! The loads that several archives hold, of one page.
//!
//! Rule: each page of an archive is a load of its own; pages that overlap in time are the tabs of one load. Loads of different
//! pages are not pooled: those of the page with the most requests are taken.

use sixslot_har::Archive;

/// Whether the pages of an archive overlap in time, each with the next.
fn overlap(archive: &Archive) -> bool {
    archive.loads.len() > 1 && archive.loads.windows(2).all(|pair| pair[1].start_ms < pair[0].end_ms)
}

/// The loads of one page, each as an archive.
#[must_use]
pub fn of_one_page(archives: Vec<Archive>) -> Vec<Archive> {
    let mut loads = Vec::new();
    for archive in archives {
        if archive.loads.len() < 2 || overlap(&archive) {
            loads.push(archive);
            continue;
        }
        let requests = |group: &Vec<usize>| group.iter().map(|load| archive.loads[*load].entries.len()).sum::<usize>();
        // Of equally large ones the first.
        let groups = archive.groups();
        let most = groups.iter().map(requests).max().unwrap_or(0);
        let group = groups.iter().find(|group| requests(group) == most).cloned().unwrap_or_default();
        let split = archive.split();
        loads.extend(split.into_iter().enumerate().filter(|(load, _)| group.contains(load)).map(|(_, load)| load));
    }
    loads
}
