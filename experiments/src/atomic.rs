//! Atomic file replacement: a file is either the old one or the whole new one.
//!
//! Rule: the bytes are written to a temporary file in the same folder and then moved. An existing target must be a regular
//! file: a rename would replace a device or a pipe by a file.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;

/// Prefix of the names of temporary files; a killed program leaves them.
pub const WRITING: &str = ".writing-";

/// The system's reason without the name of the file that would have been moved.
fn plain(error: Error) -> Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((reason, _)) => Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

/// Writes a temporary file in the same folder and moves it to its place.
///
/// # Errors
/// A folder that cannot be written, or an existing target that is not a regular file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(Error::new(ErrorKind::AlreadyExists, "it exists and is not a regular file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(WRITING).tempfile_in(folder).map_err(plain)?;
    file.write_all(bytes).map_err(plain)?;
    file.as_file().sync_data()?;
    // A temporary file is private; a result is readable for all users of the folder.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
