//! A scenario file: its text, its fixes, its layers, its sweep, and the plans that are made from it.
//!
//! Rule: a plan is the file's tree, then the command line's `--set`, then patches in the order in which they are named
//! (fixes, or the removals of layers), then a sweep's parameters, and only then is it read and checked. Every patch is tried
//! when the file is read, so that a typo in one is found before a sweep reaches it.

use crate::evidence::Evidence;
use crate::h1_rules;
use crate::knob::Knob;
use crate::limits;
use crate::plan::{Plan, is_count};
use crate::read::{self, Reader, advice, expected};
use crate::schema::{self, Fields};
use crate::source::{Fault, Place, ScenarioError, Sources};
use crate::tree::{self, Node, Table, Value};
use crate::warnings::warnings;

/// A scenario file that has been read and checked.
#[derive(Clone, Debug)]
pub struct Document {
    sources: Sources,
    root: Table,
    place: Place,
    /// Its title.
    pub title: String,
    /// Its fixes, in the order of the file.
    pub fixes: Vec<Patch>,
    /// The layers of its cause, in the order of the file, each with the patch that removes it.
    pub layers: Vec<Patch>,
    /// Its sweep.
    pub sweep: Sweep,
    evidence: Option<Evidence>,
}

/// A change with a name: a fix, or the removal of a layer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Patch {
    /// Its name.
    pub name: String,
    /// Its title, in one line.
    pub title: String,
    /// What it takes to build, in the scenario's own unit; 1 where none is given, and for a layer.
    pub cost: f64,
}

/// A table of named patches.
struct Kind {
    /// Its key in a scenario, and the word for one of its patches in messages.
    name: &'static str,
    /// The plural of that word.
    plural: &'static str,
    /// The key of the patch itself.
    key: &'static str,
    fields: &'static Fields,
    limit: usize,
}

static FIX: Kind = Kind { name: "fix", plural: "fixes", key: "patch", fields: &schema::FIX, limit: limits::FIXES };
static LAYER: Kind =
    Kind { name: "layer", plural: "layers", key: "removed_by", fields: &schema::LAYER, limit: limits::LAYERS };

/// A grid: every combination of the axes' values, with each set of fixes.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Sweep {
    /// The parameters that vary.
    pub axes: Vec<Axis>,
    /// The sets of fixes, by index; the first is usually empty.
    pub fix_sets: Vec<Vec<usize>>,
    /// Loads of each cell.
    pub loads: Option<u64>,
}

/// The values that a parameter takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Axis {
    /// The parameter.
    pub parameter: String,
    /// Its values, in the order of the file.
    pub values: Vec<f64>,
}

impl Document {
    /// Reads a scenario and tries each of its fixes, and the removal of each of its layers.
    ///
    /// `sets` are the command line's `PATH=VALUE`.
    ///
    /// # Errors
    /// The first fault, at its line and column.
    pub fn read(name: &str, text: &str, sets: &[String]) -> Result<Self, ScenarioError> {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let place = Place { source: file, bytes: 0..0 };
        match Self::tree(&mut sources, &place, text, sets).and_then(|root| Self::of(root, &place)) {
            Ok(document) => Ok(Self { sources, ..document }),
            Err(fault) => Err(sources.error(fault)),
        }
    }

    /// The plan of a scenario without its fixes, which are not tried: for one that a program wrote to simulate it once.
    ///
    /// # Errors
    /// The first fault, at its line and column.
    pub fn plan_alone(name: &str, text: &str) -> Result<Plan, ScenarioError> {
        let mut sources = Sources::default();
        let place = Place { source: sources.add(name, text), bytes: 0..0 };
        let plan = tree::parse(place.source, text).and_then(|root| Plan::read(&root, &place));
        plan.map_err(|fault| sources.error(fault))
    }

    /// The tree of a text, with the changes of the command line.
    fn tree(sources: &mut Sources, place: &Place, text: &str, sets: &[String]) -> Result<Table, Fault> {
        let mut root = tree::parse(place.source, text)?;
        sets.iter().try_for_each(|set| Self::change(sources, &mut root, set))?;
        Ok(root)
    }

    /// Makes one change of the command line, `PATH=VALUE`, in a tree.
    pub(crate) fn change(sources: &mut Sources, root: &mut Table, set: &str) -> Result<(), Fault> {
        let source = sources.add("--set", set);
        let whole = Place { source, bytes: 0..set.len() };
        let (path, value) = set.split_once('=').ok_or_else(|| {
            Fault::new(&whole, "there is no `=` in it")
                .help("write --set PATH=VALUE, such as --set parameters.projects=8")
        })?;
        let path = path_of(path, &set[path.len()..], &whole, root, "--set PATH=VALUE")?;
        let written = value.trim();
        let value_place = Place { source, bytes: set.len() - value.trim_start().len()..set.trim_end().len() };
        root.set(&path, &whole, tree::parse_value(written, &value_place)?)
    }

    /// The document of a tree, without its sources.
    pub(crate) fn of(mut root: Table, place: &Place) -> Result<Self, Fault> {
        let evidence = Evidence::take(&mut root)?;
        let plan = Plan::read(&root, place)?;
        let reader = Reader::of(&root, place, &schema::SCENARIO)?;
        let (fixes, layers) = (FIX.read(&reader)?, LAYER.read(&reader)?);
        h1_rules::check(&plan, &root, place)?;
        let sweep = sweep(&reader, &plan, &fixes)?;
        let (sources, place) = (Sources::default(), place.clone());
        Ok(Self { sources, place, title: plan.title, fixes, layers, sweep, root, evidence })
    }

    /// The plan with these fixes (by index) and values of parameters.
    ///
    /// # Errors
    /// An invalid combination, at its line and column. Each fix alone has been tried before.
    pub fn plan(&self, fixes: &[usize], parameters: &[(&str, f64)]) -> Result<Plan, ScenarioError> {
        let names = fixes.iter().map(|fix| self.fixes[*fix].name.as_str());
        self.patched(&FIX, names, parameters, &[], None)
    }

    /// The recorded loads that the scenario was fitted to, where an import wrote them.
    pub fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// Line and column of a key in the scenario's file, from 1; none where the file does not have it, or where a `--set`
    /// replaced it.
    pub fn place_in_file(&self, path: &[&str]) -> Option<(usize, usize)> {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(&self.root, |table, key| table.get(key).and_then(Node::table))?;
        let place = &table.entry(last)?.key_place;
        (place.source == self.place.source).then(|| self.sources.line_and_column(place))
    }

    /// Keys of fitted numbers that have been changed since: their samples are not used.
    pub fn edited(&self) -> Vec<&str> {
        let Some(evidence) = &self.evidence else { return Vec::new() };
        evidence.edited(&self.root).into_iter().map(|at| evidence.numbers[at].key.as_str()).collect()
    }

    /// Whether a load is simulated as the import left it: with its evidence, and with nothing changed since.
    pub fn is_as_imported(&self) -> bool {
        self.evidence.as_ref().is_some_and(|evidence| evidence.is_of(&self.root))
    }

    /// As [`plan`](Self::plan), with other values for some fitted numbers: (index in [`Evidence::numbers`], value as TOML).
    /// Numbers that were changed since, or that a fix changes, keep their values.
    ///
    /// # Errors
    /// An invalid combination.
    pub fn plan_with(
        &self,
        fixes: &[usize],
        parameters: &[(&str, f64)],
        values: &[(usize, String)],
    ) -> Result<Plan, ScenarioError> {
        let names = fixes.iter().map(|fix| self.fixes[*fix].name.as_str());
        self.patched(&FIX, names, parameters, values, None)
    }

    /// Reads what an analysis varies, such as `request.session.deadline=2s..20s`.
    ///
    /// # Errors
    /// No range, an unknown key, or ends that are not two of whole numbers, numbers and lengths of time, at their place.
    pub fn knob(&mut self, text: &str) -> Result<Knob, ScenarioError> {
        let source = self.sources.add("--tune", text);
        let whole = Place { source, bytes: 0..text.len() };
        let read = || {
            let (key, range) = text.split_once('=').ok_or_else(|| {
                Fault::new(&whole, "there is no `=` in it")
                    .help("write --tune PATH=LOW..HIGH, such as --tune request.session.deadline=2s..20s")
            })?;
            let path = path_of(key, &text[key.len()..], &whole, &self.root, "--tune PATH=LOW..HIGH")?;
            Knob::read(path, range, &whole)
        };
        read().map_err(|fault| self.sources.error(fault))
    }

    /// The plan with these fixes (by index) and then a value of a knob.
    ///
    /// # Errors
    /// A value that the key does not take, at its line and column.
    pub fn plan_at(&self, fixes: &[usize], knob: &Knob, value: f64) -> Result<Plan, ScenarioError> {
        let names = fixes.iter().map(|fix| self.fixes[*fix].name.as_str());
        self.patched(&FIX, names, &[], &[], Some((knob, value)))
    }

    /// The value that a knob's key has with these fixes; none where the scenario does not give it, or as something other
    /// than a number of the knob's unit.
    pub fn value_of(&self, fixes: &[usize], knob: &Knob) -> Option<f64> {
        let mut root = self.root.clone();
        for fix in fixes {
            FIX.apply(&mut root, &self.fixes[*fix].name).ok()?;
        }
        knob.value_in(&root)
    }

    /// The first key that two fixes (by index) both change: with both, the later one in the order given holds.
    pub fn overlap(&self, one: usize, other: usize) -> Option<String> {
        let patch = |fix: usize| FIX.changes(&self.root, &self.fixes[fix].name).and_then(Node::table);
        patch(one)?.overlap(patch(other)?)
    }

    /// The plan without these layers (by index) and without any fix. Removals of layers that change the same key overwrite each
    /// other in the order given: the order of the file is the one to give.
    ///
    /// # Errors
    /// An invalid combination, at its line and column. Each removal alone has been tried before.
    pub fn plan_without(&self, layers: &[usize]) -> Result<Plan, ScenarioError> {
        let names = layers.iter().map(|layer| self.layers[*layer].name.as_str());
        self.patched(&LAYER, names, &[], &[], None)
    }

    fn patched<'a>(
        &self,
        kind: &Kind,
        names: impl Iterator<Item = &'a str>,
        parameters: &[(&str, f64)],
        values: &[(usize, String)],
        knob: Option<(&Knob, f64)>,
    ) -> Result<Plan, ScenarioError> {
        let build = || {
            let mut root = self.root.clone();
            for name in names {
                kind.apply(&mut root, name)?;
            }
            if let Some(evidence) = &self.evidence {
                evidence.replace(&mut root, values)?;
            }
            for (name, value) in parameters {
                let node = Node { value: Value::Float(*value), place: self.place.clone() };
                root.set(&["parameters".to_owned(), (*name).to_owned()], &self.place, node)?;
            }
            if let Some((knob, value)) = knob {
                knob.set(&mut root, value)?;
            }
            let mut plan = Plan::read(&root, &self.place)?;
            plan.warnings = warnings(&plan, &root, &self.place);
            Ok(plan)
        };
        build().map_err(|fault| self.sources.error(fault))
    }

    /// The indices of fixes by their names, in the order given.
    ///
    /// # Errors
    /// The first unknown name, with advice.
    pub fn fixes_named(&self, names: &[String]) -> Result<Vec<usize>, UnknownFix> {
        names.iter().map(|name| self.fix(name)).collect()
    }

    /// The index of a fix by its name.
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
#[non_exhaustive]
pub struct UnknownFix {
    name: String,
    advice: String,
}

/// The tables of tables with names that the user chooses, and the parameters.
const NAMED: &[&str] =
    &["request", "socket", "background", "server_cache", "queue", "origin", "parameters", "fix", "layer"];

/// Reads the path of a key on the command line; `rest` follows it there, and `form` is how the argument is written.
fn path_of(text: &str, rest: &str, whole: &Place, root: &Table, form: &str) -> Result<Vec<String>, Fault> {
    let path: Vec<String> = text.split('.').map(|part| part.trim().trim_matches('"').to_owned()).collect();
    if path.iter().any(String::is_empty) {
        return Err(Fault::new(whole, "the path has an empty part").help(format!("write {form}")));
    }
    if path.len() > limits::DEPTH {
        let message = format!("the path has {} parts, the limit is {}", path.len(), limits::DEPTH);
        return Err(Fault::new(whole, message));
    }
    if let Some(full) = full_path(root, &path) {
        let message = format!("`{}` is not a key of the scenario's top level", path[0]);
        return Err(
            Fault::new(whole, message).help(format!("did you mean `{}{rest}`?", text.replacen(&path[0], &full, 1)))
        );
    }
    if let [kind, name, ..] = path.as_slice() {
        let flag = form.split(' ').next().unwrap_or_default();
        known(root, kind, name, whole, &format!("`{flag}`"))?;
    }
    Ok(path)
}

/// The name of a table or a parameter with what stands before it, where a path begins with it alone.
fn full_path(root: &Table, path: &[String]) -> Option<String> {
    let name = path.first().filter(|name| !schema::SCENARIO.knows(name))?;
    let has = |kind: &&str| root.get(kind).and_then(Node::table).is_some_and(|table| table.get(name).is_some());
    // A parameter has no keys of its own that one would set so.
    let kinds: &[&str] = if path.len() == 1 { &["parameters"] } else { NAMED };
    kinds.iter().find(|kind| has(kind)).map(|kind| format!("{kind}.{name}"))
}

/// Refuses a patch of a table that does not exist: a typo, not a new request.
fn known(root: &Table, kind: &str, name: &str, place: &Place, patch: &str) -> Result<(), Fault> {
    if !NAMED.contains(&kind) {
        return Ok(());
    }
    let there = root.get(kind).and_then(Node::table).map_or(&[][..], |table| &table.entries);
    if there.iter().any(|entry| entry.key == name) {
        return Ok(());
    }
    let names: Vec<&str> = there.iter().map(|entry| entry.key.as_str()).collect();
    Err(Fault::new(place, format!("{patch} changes `{kind}.{name}`, which does not exist")).help(advice(name, &names)))
}

impl Kind {
    /// Reads the patches of a scenario and tries each alone.
    fn read(&self, scenario: &Reader<'_>) -> Result<Vec<Patch>, Fault> {
        let Some(node) = scenario.get(self.name) else { return Ok(Vec::new()) };
        let table = node.table().ok_or_else(|| expected("a table of tables", node))?;
        let mut patches = Vec::with_capacity(table.entries.len().min(self.limit));
        for entry in &table.entries {
            if patches.len() == self.limit {
                return Err(Fault::new(&entry.key_place, format!("the limit is {} {}", self.limit, self.plural)));
            }
            read::check_name(entry)?;
            let reader = Reader::new(&entry.node, self.fields)?;
            let title = reader.or("title", entry.key.as_str(), read::text)?.to_owned();
            let cost = if self.fields.knows("cost") { reader.or("cost", 1.0, cost)? } else { 1.0 };
            patches.push(Patch { name: entry.key.clone(), title, cost });
            let mut patched = scenario.table.clone();
            self.apply(&mut patched, &entry.key)?;
            Plan::read(&patched, scenario.place)?;
        }
        Ok(patches)
    }

    /// The changes of a patch in the tree that it stands in.
    fn changes<'a>(&self, root: &'a Table, name: &str) -> Option<&'a Node> {
        let patch = root.get(self.name).and_then(Node::table).and_then(|patches| patches.get(name));
        patch.and_then(Node::table).and_then(|named| named.get(self.key))
    }

    /// Merges one patch over the tree that it stands in.
    fn apply(&self, root: &mut Table, name: &str) -> Result<(), Fault> {
        let Some(patch) = self.changes(root, name) else { return Ok(()) };
        let table = patch.table().ok_or_else(|| expected("a table of changes", patch))?;
        for forbidden in ["fix", "layer", "sweep", "schema", "evidence"] {
            if let Some(entry) = table.entry(forbidden) {
                return Err(Fault::new(&entry.key_place, format!("a {} cannot change `{forbidden}`", self.name)));
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
}

/// What a fix takes to build.
fn cost(node: &Node) -> Result<f64, Fault> {
    let cost = read::number(node)?;
    if (0.0..=limits::COST).contains(&cost) {
        return Ok(cost);
    }
    Err(Fault::new(&node.place, format!("{cost} is not a cost: write a number from 0 to {}", limits::COST)))
}

fn sweep(reader: &Reader<'_>, plan: &Plan, fixes: &[Patch]) -> Result<Sweep, Fault> {
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
                let values =
                    read::list(limits::LIST)(&entry.node)?.iter().map(read::number).collect::<Result<Vec<_>, _>>()?;
                if let Some(node) = plan.counts_by(name).and(
                    read::list(limits::LIST)(&entry.node)?.iter().find(|node| !read::number(node).is_ok_and(is_count)),
                ) {
                    let message = format!("`{name}` is a `count`, which is a whole number, 0 or more");
                    return Err(Fault::new(&node.place, message));
                }
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

fn fix_sets(node: &Node, fixes: &[Patch]) -> Result<Vec<Vec<usize>>, Fault> {
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
    let set = |node: &Node| read::list(limits::FIXES)(node)?.iter().map(number).collect::<Result<Vec<_>, _>>();
    let sets = read::list(limits::CELLS)(node)?.iter().map(set).collect::<Result<Vec<_>, _>>()?;
    if sets.is_empty() {
        return Err(Fault::new(&node.place, "the list contains no set of fixes").help("write [[]] for none"));
    }
    Ok(sets)
}
