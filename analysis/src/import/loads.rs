//! The loads that several archives hold, of one page.
//!
//! Rule: the crate `har` tells the loads of a file apart; pages that are open at the same time are the tabs of one load. Loads
//! of different pages are not pooled: those of the page with the most requests are taken.

use sixslot_har::Archive;

/// The loads of one page, each as an archive.
#[must_use]
pub fn of_one_page(archives: Vec<Archive>) -> Vec<Archive> {
    let mut loads = Vec::new();
    for archive in archives {
        if archive.loads.len() < 2 {
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
