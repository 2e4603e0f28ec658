//! Files that the program writes: whole, marked, and never in the place of somebody else's.
//!
//! Rule: an input is never overwritten. A file that exists is replaced if the program wrote it for the same purpose and it is
//! unchanged ([`Purpose`]; a folder has the list [`folder::SUMS`]); anything else requires `--force`. A read-only file stays.
//! A symbolic link is followed. The bytes go to a temporary file in the same folder, which is then moved, so that a reader
//! sees the old file or the whole new one. A new file has the permissions that the umask allows, a replaced one keeps its own.

pub mod disk;
pub mod folder;
pub mod lock;
mod mark;

pub use disk::{Disk, System};
pub use folder::{Folder, Results};
pub use mark::Purpose;

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Prefix of the names of temporary files; a killed program leaves them.
pub const WRITING: &str = ".writing-";

/// The largest existing file that is compared with its mark, in bytes.
const LARGEST: u64 = 1 << 30;

/// Why a file or a folder was not written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The output is one of the inputs.
    #[error("{path} is an input of this command and is not overwritten; name another output", path = path.display())]
    Input {
        /// The output.
        path: PathBuf,
    },
    /// Somebody else's file.
    #[error("{path} exists already, and sixslot did not write it as {purpose}; name another file, or give --force to replace it", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it would have to be.
        purpose: String,
    },
    /// A changed file.
    #[error("{path} exists already, and was changed after sixslot wrote it; name another file, or give --force to replace it", path = path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder that its owner protects.
    #[error("{path} is read-only; change its permissions, or name another output", path = path.display())]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
    },
    /// A link to nothing.
    #[error("{path} is a symbolic link to a file that does not exist; name the file itself", path = path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// A folder, a device, a pipe.
    #[error("{path} is not a regular file; name a file, such as {path}{separator}result", path = path.display(), separator = std::path::MAIN_SEPARATOR)]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// No folder for the file.
    #[error("{path} cannot be written: there is no folder {folder}; make it first", path = path.display(), folder = folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// A folder with other files.
    #[error("{path} is not empty and contains no {purpose}; name an empty or a new folder, or give --force to write into it", path = path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
        /// What it would have to contain.
        purpose: &'static str,
    },
    /// A folder with other results.
    #[error("{path} contains another {purpose}: the input, the settings or the version of the program differ; name another folder, or give --force to replace it", path = path.display())]
    AnotherFolder {
        /// The folder.
        path: PathBuf,
        /// What it contains.
        purpose: &'static str,
    },
    /// Another process works in the folder.
    #[error("{path} is being written by {holder}; wait until it ends, or name another folder", path = path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// That process.
        holder: String,
    },
    /// The system's error.
    #[error("{path} cannot be written: {error}; name an output in a folder that can be written to", path = path.display())]
    System {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
}

impl FileError {
    pub(crate) fn system(path: &Path, error: std::io::Error) -> Self {
        // Without the name of the temporary file.
        let text = error.to_string();
        let error = match text.split_once(" at path ") {
            Some((reason, _)) => std::io::Error::new(error.kind(), reason.to_owned()),
            None => error,
        };
        Self::System { path: path.to_owned(), error }
    }
}

/// What identifies a file whatever its names: device and inode.
#[cfg(unix)]
fn identity(found: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

/// The writer of a command's files.
pub struct Files<'a> {
    disk: &'a dyn Disk,
    inputs: Vec<(u64, u64)>,
    force: bool,
}

impl<'a> Files<'a> {
    /// A writer; `force` permits replacing what somebody else wrote.
    pub fn new(disk: &'a dyn Disk, force: bool) -> Self {
        Self { disk, inputs: Vec::new(), force }
    }

    /// Protects an input of the command; `-` is standard input.
    pub fn input(&mut self, path: &Path) {
        let path = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
        // Only a regular file can be overwritten.
        self.inputs.extend(path.metadata().ok().filter(Metadata::is_file).map(|found| identity(&found)));
    }

    /// Whether `--force` was given.
    pub(crate) const fn force(&self) -> bool {
        self.force
    }

    pub(crate) const fn disk(&self) -> &'a dyn Disk {
        self.disk
    }

    /// Where a path leads, after checks that `--force` does not lift; the metadata of what exists there.
    fn target(&self, path: &Path) -> Result<(PathBuf, Option<Metadata>), FileError> {
        let own = || path.to_owned();
        let folder = |path: &Path| {
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
        };
        let link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
        let target = match path.canonicalize() {
            Ok(target) if link => target,
            Err(error) if link && error.kind() == ErrorKind::NotFound => {
                return Err(FileError::DanglingLink { path: own() });
            }
            _ => own(),
        };
        let folder = folder(&target);
        let Ok(around) = folder.metadata() else { return Err(FileError::NoFolder { path: own(), folder }) };
        let found = match target.metadata() {
            Ok(found) => Some(found),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(FileError::system(path, error)),
        };
        match &found {
            Some(found) if !found.is_file() => Err(FileError::NotAFile { path: own() }),
            Some(found) if self.inputs.contains(&identity(found)) => Err(FileError::Input { path: own() }),
            Some(found) if found.permissions().readonly() => Err(FileError::ReadOnly { path: own() }),
            _ if around.permissions().readonly() => Err(FileError::ReadOnly { path: folder }),
            _ => Ok((target, found)),
        }
    }

    /// Checks that a file may be written, before the work whose result it will hold.
    ///
    /// # Errors
    /// An input, a file of somebody else or one that was changed, something that cannot be written.
    pub fn check(&self, path: &Path, purpose: Purpose) -> Result<(), FileError> {
        let (target, found) = self.target(path)?;
        let Some(found) = found.filter(|found| found.len() > 0 && !self.force) else { return Ok(()) };
        let bytes = if found.len() > LARGEST { Ok(Vec::new()) } else { std::fs::read(&target) };
        let bytes = bytes.map_err(|error| FileError::system(path, error))?;
        match (purpose.is_unchanged(&bytes), purpose.is_marked(&bytes)) {
            (true, _) => Ok(()),
            (false, true) => Err(FileError::Changed { path: path.to_owned() }),
            (false, false) => {
                let purpose = format!("a {}", purpose.name()).replace("a archive", "an archive");
                Err(FileError::Foreign { path: path.to_owned(), purpose: purpose.replace("a costs", "costs") })
            }
        }
    }

    /// Writes a marked file; a file of the program is replaced.
    ///
    /// # Errors
    /// As [`Files::check`], which is made again.
    pub fn write(&self, path: &Path, purpose: Purpose, bytes: Vec<u8>) -> Result<(), FileError> {
        self.check(path, purpose)?;
        self.replace(path, "file-", &purpose.mark(bytes))
    }

    /// Replaces a file as a whole, or leaves it as it is; `kind` follows [`WRITING`] in the temporary file's name.
    pub(crate) fn replace(&self, path: &Path, kind: &str, bytes: &[u8]) -> Result<(), FileError> {
        let (target, found) = self.target(path)?;
        let failed = |error| FileError::system(path, error);
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{WRITING}{kind}");
        builder.prefix(&prefix);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The umask is applied to this.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let (mut file, temporary) = builder.tempfile_in(folder).map_err(failed)?.into_parts();
        if let Some(found) = found {
            file.set_permissions(found.permissions()).map_err(failed)?;
        }
        self.disk.write(&mut file, bytes).map_err(failed)?;
        self.disk.sync(&file).map_err(failed)?;
        self.disk.rename(&temporary, &target).map_err(failed)?;
        temporary.keep().map_err(|error| failed(error.error))?;
        self.sync_folder(folder).map_err(failed)
    }

    /// Makes the moves and removals in a folder durable.
    fn sync_folder(&self, folder: &Path) -> std::io::Result<()> {
        let folder = std::fs::File::open(folder)?;
        self.disk.sync(&folder)
    }
}

#[cfg(all(test, unix))]
mod tests;
