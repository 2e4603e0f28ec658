//! A folder of results: locked, complete, and the program's own.
//!
//! Rule: the list [`SUMS`] has the SHA-256 of each file that the program wrote into the folder, as `sha256sum --check` reads
//! it. Its first line is a comment with the purpose and the identity of the results: a hash of everything that their bytes
//! depend on. The folder is written again only by work of the same identity, and only where no listed file was changed; else
//! with `--force`. Results of another identity go as a whole. The list is written before the files, so that after a kill
//! the program knows them as its own.

use super::lock::{Attempt, Lock};
use super::{FileError, Files, WRITING};
use sixslot_analysis::sweep::sha256;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the list.
pub const SUMS: &str = "SHA256SUMS";

/// The longest list that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The results that a folder is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// What they are: `sweep`, `hypotheses`, `accuracy`. A word.
    pub purpose: &'static str,
    /// A hash of everything that the bytes depend on.
    pub identity: String,
    /// The names of the files, except the list and the checkpoint.
    pub names: Vec<String>,
}

/// The list of a folder.
#[derive(Debug, Default)]
struct Sums {
    purpose: String,
    identity: String,
    files: BTreeMap<String, String>,
}

impl Sums {
    /// The list in a folder; none if there is none, or one that the program did not write.
    fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(SUMS);
        let text = path.metadata().ok().filter(|found| found.is_file() && found.len() <= LARGEST);
        let text = text.and_then(|_| std::fs::read_to_string(&path).ok())?;
        let mut lines = text.lines();
        let mut head = lines.next()?.strip_prefix("# sixslot ")?.split(' ');
        let mut sums = Self { purpose: head.next()?.to_owned(), identity: head.next()?.to_owned(), ..Self::default() };
        for line in lines {
            let (hash, name) = line.split_once("  ")?;
            // A name leads nowhere else.
            if name.contains(['/', '\\']) || name.starts_with('.') {
                return None;
            }
            sums.files.insert(name.to_owned(), hash.to_owned());
        }
        Some(sums)
    }

    fn text(results: &Results, files: &[(String, Vec<u8>)]) -> String {
        let mut text = format!("# sixslot {} {}\n", results.purpose, results.identity);
        let mut lines: Vec<String> = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect();
        lines.sort_by(|one, other| one[64..].cmp(&other[64..]));
        text.extend(lines);
        text
    }
}

/// A locked folder that may be written.
pub struct Folder<'a> {
    files: &'a Files<'a>,
    path: PathBuf,
    results: Results,
    _lock: Lock,
}

impl<'a> Folder<'a> {
    /// Makes the folder if there is none, locks it, and checks that its results may be written. `checkpoint`: whether a file
    /// in it shows that work of the same identity was interrupted there; it is called once the folder is locked.
    ///
    /// # Errors
    /// A folder of other results, a changed file, another process at work.
    pub fn open<E: From<FileError>>(
        files: &'a Files<'a>,
        path: &Path,
        results: Results,
        checkpoint: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Self, E> {
        let failed = |error| FileError::system(path, error);
        if path.is_dir() && path.metadata().map_err(failed)?.permissions().readonly() {
            return Err(FileError::ReadOnly { path: path.to_owned() }.into());
        }
        let is_new = !path.exists();
        std::fs::create_dir_all(path).map_err(failed)?;
        let lock = match Lock::take(path).map_err(failed)? {
            Attempt::Held(lock) if is_new => lock.of_new_folder(path),
            Attempt::Held(lock) => lock,
            Attempt::Taken { holder } => return Err(FileError::Locked { path: path.to_owned(), holder }.into()),
        };
        let resumes = checkpoint()?;
        let folder = Self { files, path: path.to_owned(), results, _lock: lock };
        folder.admit(resumes)?;
        folder.sweep_up()?;
        Ok(folder)
    }

    /// Whether the folder's content may be replaced.
    fn admit(&self, resumes: bool) -> Result<(), FileError> {
        let Results { purpose, identity, names } = &self.results;
        let sums = Sums::read(&self.path);
        if !self.files.force() {
            match &sums {
                None if !resumes && self.visible()?.next().is_some() => {
                    return Err(FileError::ForeignFolder { path: self.path.clone(), purpose });
                }
                Some(sums) if !resumes && (sums.purpose != *purpose || sums.identity != *identity) => {
                    return Err(FileError::AnotherFolder { path: self.path.clone(), purpose });
                }
                _ => {}
            }
        }
        let listed = sums.map(|sums| sums.files).unwrap_or_default();
        for name in names.iter().chain(listed.keys()) {
            self.may_replace(name, listed.get(name).map(String::as_str))?;
        }
        Ok(())
    }

    /// Whether a file of the folder is missing, or as it was written.
    fn may_replace(&self, name: &str, listed: Option<&str>) -> Result<(), FileError> {
        let path = self.path.join(name);
        let (target, found) = self.files.target(&path)?;
        if found.is_none() || self.files.force() {
            return Ok(());
        }
        let bytes = std::fs::read(target).map_err(|error| FileError::system(&path, error))?;
        match listed {
            Some(hash) if sha256(&bytes) == hash => Ok(()),
            Some(_) => Err(FileError::Changed { path }),
            None => Err(FileError::Foreign { path, purpose: format!("a file of the {}", self.results.purpose) }),
        }
    }

    /// Entries that are not hidden.
    fn visible(&self) -> Result<impl Iterator<Item = PathBuf>, FileError> {
        let entries = std::fs::read_dir(&self.path).map_err(|error| FileError::system(&self.path, error))?;
        let hidden = |path: &PathBuf| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(move |path| !hidden(path)))
    }

    /// Removes temporary files of an earlier holder of the lock.
    fn sweep_up(&self) -> Result<(), FileError> {
        let failed = |error| FileError::system(&self.path, error);
        let ours = format!("{WRITING}{}-", self.results.purpose);
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(&ours) {
                self.files.disk().remove(&entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces a file that is not among the results, such as a checkpoint.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        self.files.replace(path, &format!("{}-", self.results.purpose), bytes)
    }

    /// Removes a file that is not among the results, if it is there.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), FileError> {
        match self.files.disk().remove(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FileError::system(path, error)),
            _ => self.files.sync_folder(&self.path).map_err(|error| FileError::system(path, error)),
        }
    }

    /// Writes the results in the order given, after their list, and removes those of earlier work.
    ///
    /// # Errors
    /// A file that was changed meanwhile, one that cannot be written.
    pub fn write(&self, files: &[(String, Vec<u8>)]) -> Result<(), FileError> {
        debug_assert!(files.iter().all(|(name, _)| self.results.names.contains(name)), "a file that was not announced");
        self.admit(true)?;
        let before = Sums::read(&self.path).map(|sums| sums.files).unwrap_or_default();
        for (name, hash) in &before {
            let (path, new) = (self.path.join(name), files.iter().find(|(other, _)| other == name));
            let kept = std::fs::read(&path).map(|bytes| sha256(&bytes)).ok();
            let is_same = new.is_some_and(|(_, bytes)| Some(sha256(bytes)) == kept);
            // A file that was changed and is not a result any more is its editor's.
            if !is_same && kept.as_ref() == Some(hash) {
                self.files.disk().remove(&path).map_err(|error| FileError::system(&path, error))?;
            }
        }
        self.replace_if_other(SUMS, Sums::text(&self.results, files).as_bytes())?;
        files.iter().try_for_each(|(name, bytes)| self.replace_if_other(name, bytes))
    }

    fn replace_if_other(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        let path = self.path.join(name);
        if std::fs::read(&path).is_ok_and(|found| found == bytes) { Ok(()) } else { self.replace(&path, bytes) }
    }
}
