use super::folder::{Results, SUMS};
use super::{FileError, Files, Folder, Purpose, System};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn written(path: &Path, text: &str, force: bool) -> Result<(), FileError> {
    Files::new(&System, force).write(path, Purpose::Picture, text.as_bytes().to_vec())
}

#[test]
fn only_an_unchanged_file_of_the_same_purpose_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("load.svg");
    written(&path, "<svg>1</svg>\n", false).unwrap();
    written(&path, "<svg>2</svg>\n", false).unwrap();
    let files = Files::new(&System, false);
    let other = files.write(&path, Purpose::Report, b"<p>".to_vec());
    assert!(matches!(other, Err(FileError::Foreign { .. })), "{other:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("<svg>2", "<svg>3")).unwrap();
    assert!(matches!(written(&path, "<svg>4</svg>\n", false), Err(FileError::Changed { .. })));
    std::fs::write(&path, "mine").unwrap();
    assert!(matches!(written(&path, "<svg>4</svg>\n", false), Err(FileError::Foreign { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    written(&path, "<svg>4</svg>\n", true).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("<svg>4</svg>\n<!-- sixslot picture"));
}

/// Not even with --force, by whatever name.
#[test]
fn inputs_read_only_files_and_dangling_links_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("s.toml"), "schema = 1").unwrap();
    symlink("s.toml", path("link")).unwrap();
    std::fs::hard_link(path("s.toml"), path("hard")).unwrap();
    let mut files = Files::new(&System, true);
    files.input(&path("link"));
    for name in ["s.toml", "link", "hard", "../x/../s.toml"] {
        let name = if name.starts_with('.') { path("../").join(folder.path()).join("s.toml") } else { path(name) };
        let result = files.write(&name, Purpose::Picture, b"<svg/>".to_vec());
        assert!(matches!(result, Err(FileError::Input { .. })), "{result:?}");
    }
    std::fs::write(path("kept"), "").unwrap();
    std::fs::set_permissions(path("kept"), Permissions::from_mode(0o444)).unwrap();
    symlink("nothing", path("dangling")).unwrap();
    assert!(matches!(written(&path("kept"), "x", true), Err(FileError::ReadOnly { .. })));
    assert!(matches!(written(&path("dangling"), "x", true), Err(FileError::DanglingLink { .. })));
    assert!(matches!(written(folder.path(), "x", true), Err(FileError::NotAFile { .. })));
    assert!(matches!(written(&path("no/folder"), "x", true), Err(FileError::NoFolder { .. })));
    assert_eq!(std::fs::read_to_string(path("s.toml")).unwrap(), "schema = 1");
}

#[test]
fn a_link_leads_to_the_file_that_is_written_and_a_replaced_file_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file.svg"), folder.path().join("link.svg"));
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    written(&link, "<svg/>\n", false).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<svg/>"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

fn fill(folder: &Path, identity: &str, names: &[&str], force: bool) -> Result<(), FileError> {
    let files = Files::new(&System, force);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let results = Results { purpose: "sweep", identity: identity.to_owned(), names: names.clone() };
    let open = Folder::open::<FileError>(&files, folder, results, || Ok(false))?;
    let bytes = |name: String| (name.clone(), format!("{identity} {name}").into_bytes());
    open.write(&names.into_iter().map(bytes).collect::<Vec<_>>())
}

#[test]
fn a_folder_of_other_results_is_replaced_as_a_whole_and_only_by_force() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("out");
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    fill(&folder, "one", &["a.svg", "b.svg"], false).unwrap();
    fill(&folder, "one", &["a.svg", "b.svg"], false).unwrap();
    let another = fill(&folder, "two", &["a.svg"], false);
    assert!(matches!(another, Err(FileError::AnotherFolder { .. })), "{another:?}");
    std::fs::write(folder.join("b.svg"), "edited").unwrap();
    assert!(matches!(fill(&folder, "one", &["a.svg", "b.svg"], false), Err(FileError::Changed { .. })));
    std::fs::write(folder.join("b.svg"), "one b.svg").unwrap();
    std::fs::write(folder.join("notes"), "mine").unwrap();
    fill(&folder, "two", &["a.svg"], true).unwrap();
    assert_eq!(names(), [SUMS, "a.svg", "notes"]);
    let foreign = fill(&folder, "two", &["a.svg", "notes"], false);
    assert!(matches!(foreign, Err(FileError::Foreign { .. })), "{foreign:?}");
    let sums = std::fs::read_to_string(folder.join(SUMS)).unwrap();
    assert_eq!(sums.lines().count(), 2, "{sums}");
}
