//! A lock on a folder, which names its holder.
//!
//! Rule: the lock is the system's lock on a file (`flock`), so it ends with its process, however that ends; a file that is
//! left over is taken, not believed. The file's text names the holder for the message of those who come later.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Result, Write};
use std::path::{Path, PathBuf};

/// The name of the file.
pub const LOCK: &str = ".sixslot-lock";

/// A held lock; dropping it frees the folder.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    /// The folder, if it goes with the lock where it is empty.
    new_folder: Option<PathBuf>,
}

/// The result of an attempt.
#[derive(Debug)]
pub enum Attempt {
    /// The folder is this process's.
    Held(Lock),
    /// Another process has it.
    Taken {
        /// Its description of itself.
        holder: String,
    },
}

/// This process, for others.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { String::new() } else { format!(" on {}", host.trim()) };
    format!("process {}{host}", std::process::id())
}

/// Whether a path still leads to an open file: the holder before may have removed it.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(one), Ok(other)) => super::identity(&one) == super::identity(&other),
        _ => false,
    }
}

impl Lock {
    /// Removes the folder with the lock, if it is empty then.
    #[must_use]
    pub fn of_new_folder(mut self, folder: &Path) -> Self {
        self.new_folder = Some(folder.to_owned());
        self
    }

    /// Tries to lock a folder.
    ///
    /// # Errors
    /// A folder that cannot be written, or a file system without locks.
    pub fn take(folder: &Path) -> Result<Attempt> {
        let path = folder.join(LOCK);
        loop {
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => {
                    file.set_len(0)?;
                    file.write_all(holder().as_bytes())?;
                    return Ok(Attempt::Held(Self { file, path, new_folder: None }));
                }
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    (&file).take(200).read_to_string(&mut holder)?;
                    let holder = if holder.is_empty() { "another process".to_owned() } else { holder };
                    return Ok(Attempt::Taken { holder });
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is locked: whoever opened it before finds that the path leads elsewhere.
        if is_at(&self.file, &self.path) {
            std::fs::remove_file(&self.path).ok();
        }
        if let Some(folder) = &self.new_folder {
            // Fails where there is a file.
            std::fs::remove_dir(folder).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, LOCK, Lock};

    #[test]
    fn a_lock_is_exclusive_named_and_free_again() {
        let folder = tempfile::tempdir().unwrap();
        // Left over by a killed process, with a number that may be another process's by now.
        std::fs::write(folder.path().join(LOCK), "process 1 on elsewhere").unwrap();
        let Attempt::Held(lock) = Lock::take(folder.path()).unwrap() else { panic!("a stale lock is not taken") };
        let Attempt::Taken { holder } = Lock::take(folder.path()).unwrap() else { panic!("two holders") };
        assert!(holder.starts_with(&format!("process {}", std::process::id())), "{holder}");
        drop(lock);
        assert!(!folder.path().join(LOCK).exists());
        assert!(matches!(Lock::take(folder.path()).unwrap(), Attempt::Held(_)));
    }
}
