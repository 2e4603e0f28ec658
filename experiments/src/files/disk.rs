//! The system calls that change files.
//!
//! Rule: a [`Disk`] is an argument of everything that writes, so that tests can make each call fail, tear a write, or end
//! the process between two calls.

use std::fs::File;
use std::io::{Result, Write};
use std::path::Path;

/// The system calls that change files.
pub trait Disk: Sync {
    /// Appends bytes to a file.
    ///
    /// # Errors
    /// The system's error; a part of the bytes may be written.
    fn write(&self, file: &mut File, bytes: &[u8]) -> Result<()>;

    /// Waits until a file, or the entries of a folder, are on the device.
    ///
    /// # Errors
    /// The system's error.
    fn sync(&self, file: &File) -> Result<()>;

    /// Moves a file to another name in the same folder and replaces what is there.
    ///
    /// # Errors
    /// The system's error; nothing is moved.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// The system's error.
    fn remove(&self, path: &Path) -> Result<()>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Disk for System {
    fn write(&self, file: &mut File, bytes: &[u8]) -> Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        std::fs::remove_file(path)
    }
}
