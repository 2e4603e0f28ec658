//! The structure of the source: no circle of files, no file over 500 lines, no function over 70.
//!
//! Rule: file A depends on file B if A names something that B defines. A name that a file re-exports belongs to the file that
//! defines it. A module and the modules inside it are one thing here, as they are for Rust: a `mod.rs` holds what
//! the files of its folder share. Test modules and the content of macro calls are not looked at.

#![allow(clippy::unwrap_used, missing_docs)]

use proc_macro2::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;

type Names = Vec<String>;

/// A file of Rust: its path, its modules' names from the crate's root, and its content.
struct Source {
    path: String,
    module: Names,
    lines: usize,
    file: syn::File,
}

fn parse(path: &str, text: &str) -> Source {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside).trim_end_matches(".rs");
    let mut module: Names = inside.split('/').map(str::to_owned).collect();
    module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    Source { path: path.to_owned(), module, lines: text.lines().count(), file }
}

/// The files of a folder.
fn read(root: &Path, folder: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let path = format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap());
        if root.join(&path).is_dir() {
            if !path.ends_with("/target") {
                read(root, &path, sources);
            }
        } else if path.ends_with(".rs") {
            sources.push(parse(&path, &std::fs::read_to_string(root.join(&path)).unwrap()));
        }
    }
}

/// The folders of the repository that hold Rust, each with its files.
fn folders() -> Vec<Vec<Source>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().file_name().into_string().unwrap();
        let mut sources = Vec::new();
        if root.join(&folder).is_dir() && !["target", ".git"].contains(&folder.as_str()) {
            read(root, &folder, &mut sources);
        }
        folders.push(sources);
    }
    folders
}

/// What a file imports (by the name in this file) and every path that it names.
#[derive(Default)]
struct Uses {
    imports: BTreeMap<String, Names>,
    paths: Vec<Names>,
}

impl Uses {
    fn import(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            syn::UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => return group.items.iter().for_each(|item| self.import(item, before)),
            syn::UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), before.to_vec()),
            syn::UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            syn::UseTree::Rename(rename) => (Some(rename.rename.to_string()), with(&rename.ident)),
            syn::UseTree::Glob(_) => (None, before.to_vec()),
        };
        self.imports.extend(name.map(|name| (name, path.clone())));
        self.paths.push(path);
    }
}

impl<'a> Visit<'a> for Uses {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if !module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

/// The module that defines what a path names in a module; `None` outside the crate.
fn defining(modules: &BTreeMap<&Names, Uses>, module: &Names, path: &[String]) -> Option<Names> {
    let mut at = module.clone();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => at.clear(),
        "super" => drop(at.pop()),
        "self" => {}
        first => {
            at.push(first.to_owned());
            if !modules.contains_key(&at) {
                let import = modules[module].imports.get(first).filter(|import| import.as_slice() != path)?;
                return defining(modules, module, &[import, &rest[1..]].concat());
            }
        }
    }
    while let Some((name, after)) = rest[1..].split_first() {
        let inside = [at.as_slice(), std::slice::from_ref(name)].concat();
        if name == "super" {
            at.pop();
        } else if modules.contains_key(&inside) {
            at = inside;
        } else if let Some(import) = modules[&at].imports.get(name) {
            return defining(modules, &at, &[import, after].concat());
        } else {
            break;
        }
        rest = &rest[1..];
    }
    Some(at)
}

/// The files that stand in a circle, or between two circles.
fn circle(sources: &[Source]) -> Vec<String> {
    let mut modules = BTreeMap::new();
    for source in sources {
        let mut uses = Uses::default();
        uses.visit_file(&source.file);
        modules.insert(&source.module, uses);
    }
    let within = |one: &Names, other: &Names| one.starts_with(other) || other.starts_with(one);
    let needed = |module: &Names| -> BTreeSet<Names> {
        let paths = modules[module].paths.iter().filter_map(|path| defining(&modules, module, path));
        paths.filter(|other| !within(module, other)).collect()
    };
    let mut open: BTreeMap<Names, BTreeSet<Names>> =
        modules.keys().map(|module| ((*module).clone(), needed(module))).collect();
    // A file that needs no other, or that no other needs, is in no circle.
    loop {
        let wanted: BTreeSet<Names> = open.values().flatten().cloned().collect();
        let before = open.len();
        let left: BTreeSet<Names> = open.keys().cloned().collect();
        open.retain(|module, needs| wanted.contains(module) && needs.iter().any(|need| left.contains(need)));
        if open.len() == before {
            let stands = |source: &&Source| open.contains_key(&source.module);
            return sources.iter().filter(stands).map(|source| source.path.clone()).collect();
        }
        let left: BTreeSet<Names> = open.keys().cloned().collect();
        open.values_mut().for_each(|needs| needs.retain(|need| left.contains(need)));
    }
}

/// Functions over the limit.
struct Long<'a>(&'a str, Vec<String>);

impl Long<'_> {
    fn measure(&mut self, signature: &syn::Signature, span: Span) {
        let lines = span.end().line - signature.span().start().line + 1;
        if lines > FUNCTION_LINES {
            self.1.push(format!("{}: fn {} has {lines} lines", self.0, signature.ident));
        }
    }
}

impl<'a> Visit<'a> for Long<'_> {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.measure(&function.sig, function.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.measure(&function.sig, function.span());
        visit::visit_impl_item_fn(self, function);
    }
}

fn long(source: &Source) -> Vec<String> {
    let mut long = Long(&source.path, Vec::new());
    long.visit_file(&source.file);
    if source.lines > FILE_LINES {
        long.1.push(format!("{} has {} lines", source.path, source.lines));
    }
    long.1
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let faults: Vec<String> = folders().iter().flatten().flat_map(long).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let text = format!("fn f() {{\n{}}}\nimpl A {{\n fn g() {{\n{}}}\n}}", "a();\n".repeat(69), "b();\n".repeat(68));
    assert_eq!(long(&parse("a/src/a.rs", &text)), ["a/src/a.rs: fn f has 71 lines"]);
    assert_eq!(long(&parse("a/src/a.rs", &"\n".repeat(501))), ["a/src/a.rs has 501 lines"]);
}

#[test]
fn no_files_stand_in_a_circle() {
    for sources in folders() {
        let sources: Vec<Source> = sources.into_iter().filter(|source| source.path.contains("/src/")).collect();
        assert_eq!(circle(&sources), [""; 0]);
    }
    let circle =
        |texts: &[(&str, &str)]| circle(&texts.iter().map(|(path, text)| parse(path, text)).collect::<Vec<_>>());
    let a = ("a/src/a.rs", "use crate::B;\npub struct A(B);");
    let (b, c) = ("a/src/b.rs", "a/src/c.rs");
    let root = ("a/src/lib.rs", "mod a;\nmod b;\nmod c;\npub use b::B;");
    assert_eq!(circle(&[root, a, (b, "pub struct B;"), (c, "use crate::a::A;\nstruct C(A);")]), [""; 0]);
    // B is named through a re-export of the root, A by its path in an expression.
    assert_eq!(circle(&[root, a, (b, "pub struct B;\nfn b() { super::a::f(); }"), (c, "use crate::B;")]), [a.0, b]);
}
