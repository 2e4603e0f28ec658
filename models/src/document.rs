//! A scenario file: its text, its fixes, its sweep, and the plans that are made from it.
//!
//! Rule: a plan is the file's tree, then the command line's `--set`, then the fixes in the order in which they are named,
//! then a sweep's parameters, and only then read and checked. Every fix is tried when the file is read, so that a typing
//! mistake in a fix is found before a sweep reaches it.

use crate::limits;
use crate::plan::Plan;
use crate::read::{self, Reader, advice, expected};
use crate::schema;
use crate::source::{Fault, Place, ScenarioError, Sources};
use crate::tree::{self, Node, Table, Value};

/// A scenario file that has been read and checked.
#[derive(Clone, Debug)]
pub struct Document {
    sources: Sources,
    root: Table,
    place: Place,
    /// Its title.
    pub title: String,
    /// Its fixes, in the order of the file.
    pub fixes: Vec<Fix>,
    /// Its sweep.
    pub sweep: Sweep,
}

/// A change to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Its name.
    pub name: String,
    /// What it is, in one line.
    pub title: String,
}

/// A grid: every combination of the axes' values, with each set of fixes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sweep {
    /// The parameters that vary.
    pub axes: Vec<Axis>,
    /// The sets of fixes, by the fixes' numbers; the first is mostly empty.
    pub fix_sets: Vec<Vec<usize>>,
    /// Loads of each cell.
    pub loads: Option<u64>,
}

/// The values that a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The parameter.
    pub parameter: String,
    /// Its values, in the order of the file.
    pub values: Vec<f64>,
}

impl Document {
    /// Reads a scenario and tries each of its fixes.
    ///
    /// `sets` are the command line's `PATH=VALUE`.
    ///
    /// # Errors
    /// The first fault, at its line and column.
    pub fn read(name: &str, text: &str, sets: &[String]) -> Result<Self, ScenarioError> {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let place = Place { source: file, bytes: 0..0 };
        match Self::build(&mut sources, &place, text, sets) {
            Ok((root, title, fixes, sweep)) => Ok(Self { sources, root, place, title, fixes, sweep }),
            Err(fault) => Err(sources.error(fault)),
        }
    }

    fn build(
        sources: &mut Sources,
        place: &Place,
        text: &str,
        sets: &[String],
    ) -> Result<(Table, String, Vec<Fix>, Sweep), Fault> {
        let mut root = tree::parse(place.source, text)?;
        for set in sets {
            let source = sources.add("--set", set);
            let whole = Place { source, bytes: 0..set.len() };
            let (path, value) = set.split_once('=').ok_or_else(|| {
                Fault::new(&whole, "no `=` in it").help("write --set PATH=VALUE, such as --set parameters.projects=8")
            })?;
            let path: Vec<String> = path.split('.').map(|part| part.trim().to_owned()).collect();
            if let [kind, name, ..] = path.as_slice() {
                known(&root, kind, name, &whole, "`--set`")?;
            }
            root.set(&path, &whole, tree::parse_value(source, value))?;
        }
        let plan = Plan::read(&root, place)?;
        let reader = Reader::of(&root, place, &schema::SCENARIO)?;
        let mut fixes = Vec::new();
        if let Some(node) = reader.get("fix") {
            let table = node.table().ok_or_else(|| expected("a table of tables", node))?;
            for entry in &table.entries {
                if fixes.len() == limits::FIXES {
                    return Err(Fault::new(&entry.key_place, format!("the limit is {} fixes", limits::FIXES)));
                }
                let fix = Reader::new(&entry.node, &schema::FIX)?;
                if entry.key.contains([',', '+']) {
                    return Err(Fault::new(&entry.key_place, "a fix's name has no `,` and no `+`"));
                }
                let title = fix.or("title", entry.key.as_str(), read::text)?.to_owned();
                fixes.push(Fix { name: entry.key.clone(), title });
                let mut patched = root.clone();
                apply(&mut patched, &entry.key)?;
                Plan::read(&patched, place)?;
            }
        }
        let sweep = sweep(&reader, &plan, &fixes)?;
        Ok((root, plan.title, fixes, sweep))
    }

    /// The plan with fixes (by number) and values of parameters.
    ///
    /// # Errors
    /// A combination that makes no sense, at its line and column. Each fix alone has been tried before.
    pub fn plan(&self, fixes: &[usize], parameters: &[(&str, f64)]) -> Result<Plan, ScenarioError> {
        let build = || {
            let mut root = self.root.clone();
            for fix in fixes {
                apply(&mut root, &self.fixes[*fix].name)?;
            }
            for (name, value) in parameters {
                let node = Node { value: Value::Float(*value), place: self.place.clone() };
                root.set(&["parameters".to_owned(), (*name).to_owned()], &self.place, node)?;
            }
            Plan::read(&root, &self.place)
        };
        build().map_err(|fault| self.sources.error(fault))
    }

    /// The number of a fix by its name.
    ///
    /// # Errors
    /// An unknown name, with advice.
    pub fn fix(&self, name: &str) -> Result<usize, UnknownFix> {
        self.fixes.iter().position(|fix| fix.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.fixes.iter().map(|fix| fix.name.as_str()).collect();
            UnknownFix { name: name.to_owned(), advice: advice(name, &known) }
        })
    }
}

/// A fix that the scenario does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scenario has no fix `{name}`; {advice}")]
pub struct UnknownFix {
    name: String,
    advice: String,
}

/// Refuses a change to something that the user should have named before: a typing mistake, not a new request.
fn known(root: &Table, kind: &str, name: &str, place: &Place, who: &str) -> Result<(), Fault> {
    if !["request", "socket", "job", "memo", "queue", "origin", "parameters", "fix"].contains(&kind) {
        return Ok(());
    }
    let there = root.get(kind).and_then(Node::table).map_or(&[][..], |table| &table.entries);
    if there.iter().any(|entry| entry.key == name) {
        return Ok(());
    }
    let names: Vec<&str> = there.iter().map(|entry| entry.key.as_str()).collect();
    Err(Fault::new(place, format!("{who} changes `{kind}.{name}`, which is not there")).help(advice(name, &names)))
}

fn apply(root: &mut Table, fix: &str) -> Result<(), Fault> {
    let patch = root.get("fix").and_then(Node::table).and_then(|fixes| fixes.get(fix));
    let Some(patch) = patch.and_then(Node::table).and_then(|fix| fix.get("patch")) else { return Ok(()) };
    let table = patch.table().ok_or_else(|| expected("a table of changes", patch))?;
    for forbidden in ["fix", "sweep", "schema"] {
        if let Some(entry) = table.entry(forbidden) {
            return Err(Fault::new(&entry.key_place, format!("a fix cannot change `{forbidden}`")));
        }
    }
    for kind in &table.entries {
        for entry in kind.node.table().map_or(&[][..], |named| &named.entries) {
            known(root, &kind.key, &entry.key, &entry.key_place, "the patch")?;
        }
    }
    let patch = table.clone();
    root.merge(&patch);
    Ok(())
}

fn sweep(reader: &Reader<'_>, plan: &Plan, fixes: &[Fix]) -> Result<Sweep, Fault> {
    let mut sweep = Sweep { fix_sets: each(fixes.len()), ..Sweep::default() };
    let Some(node) = reader.get("sweep") else { return Ok(sweep) };
    let table = Reader::new(node, &schema::SWEEP)?;
    let mut cells = 1_usize;
    for entry in &table.table.entries {
        match entry.key.as_str() {
            "fixes" => sweep.fix_sets = fix_sets(&entry.node, fixes)?,
            "loads" => sweep.loads = Some(read::whole(1, limits::LOADS)(&entry.node)?),
            name => {
                if !plan.parameters.iter().any(|parameter| parameter.name == name) {
                    let known: Vec<&str> = plan.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
                    return Err(Fault::new(&entry.key_place, format!("there is no parameter `{name}`"))
                        .help(advice(name, &known)));
                }
                let values = read::list(&entry.node)?.iter().map(read::number).collect::<Result<Vec<_>, _>>()?;
                if values.is_empty() {
                    return Err(Fault::new(&entry.node.place, format!("`{name}` takes no value")));
                }
                cells = cells.saturating_mul(values.len());
                sweep.axes.push(Axis { parameter: name.to_owned(), values });
            }
        }
    }
    cells = cells.saturating_mul(sweep.fix_sets.len());
    if cells > limits::CELLS {
        return Err(Fault::new(&node.place, format!("the sweep has {cells} cells, the limit is {}", limits::CELLS)));
    }
    Ok(sweep)
}

/// No fix, and each alone.
fn each(fixes: usize) -> Vec<Vec<usize>> {
    std::iter::once(Vec::new()).chain((0..fixes).map(|fix| vec![fix])).collect()
}

fn fix_sets(node: &Node, fixes: &[Fix]) -> Result<Vec<Vec<usize>>, Fault> {
    if let Value::Text(_) = &node.value {
        let all = read::choice(&[("each", false), ("all-subsets", true)])(node)?;
        if !all {
            return Ok(each(fixes.len()));
        }
        if fixes.len() > limits::SUBSET_FIXES {
            let message = format!("all subsets of {} fixes: the limit is {}", fixes.len(), limits::SUBSET_FIXES);
            return Err(Fault::new(&node.place, message).help("list the sets you want"));
        }
        let subsets = 0..1_usize << fixes.len();
        return Ok(subsets.map(|bits| (0..fixes.len()).filter(|fix| bits >> fix & 1 == 1).collect()).collect());
    }
    let known: Vec<&str> = fixes.iter().map(|fix| fix.name.as_str()).collect();
    let number = |node: &Node| {
        let name = read::text(node)?;
        known
            .iter()
            .position(|fix| *fix == name)
            .ok_or_else(|| Fault::new(&node.place, format!("there is no fix `{name}`")).help(advice(name, &known)))
    };
    let set = |node: &Node| read::list(node)?.iter().map(number).collect::<Result<Vec<_>, _>>();
    let sets = read::list(node)?.iter().map(set).collect::<Result<Vec<_>, _>>()?;
    if sets.is_empty() {
        return Err(Fault::new(&node.place, "the list has no set of fixes").help("write [[]] for none"));
    }
    Ok(sets)
}
