//! Files that are either the old one or the whole new one, never half of it.
//!
//! Rule: the bytes are written beside the place and then moved there. What stands at the place must be a file: a rename
//! would replace a device or a pipe by a file.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;

/// What the names of files begin with while they are written; a killed program leaves them.
pub const WRITING: &str = ".writing-";

/// The system's reason without the name of the file that would have been moved.
fn plain(error: Error) -> Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((reason, _)) => Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

/// Writes a file beside its place and moves it there.
///
/// # Errors
/// A folder that cannot be written, or a place where something else than a file stands.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(Error::new(ErrorKind::AlreadyExists, "it is there and no regular file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(WRITING).tempfile_in(folder).map_err(plain)?;
    file.write_all(bytes).map_err(plain)?;
    file.as_file().sync_data()?;
    // A temporary file is private; a result is for everybody who may read the folder.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
