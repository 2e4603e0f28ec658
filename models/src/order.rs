//! Checks between classes: cycles of `after`, anchors on instances that no load has, events of sockets.
//!
//! Rule: cycles are searched for among instances, not classes: `a[1]` may start after `b[0]`, and `b[0]` after `a[0]`. The
//! instances of a class are one node if they are alike. If `NAME[i]` distinguishes them, there is a node for each number that
//! the file names and one for all others. An anchor of `{ any = [...] }` counts like any other: an event that depends on a
//! start can't be the first of the start's causes.

use crate::class::{Anchor, Class, Copies, Event, Start, anchor_nodes};
use crate::limits;
use crate::source::{Fault, Place};
use crate::tree::{Entry, Node, Value};

/// The most steps of a cycle in a message.
const STEPS: usize = 12;

/// Refuses starts that could never come.
pub(crate) fn check(classes: &[Class], entries: &[&Entry]) -> Result<(), Fault> {
    let order = Order { classes, entries };
    for (number, class) in classes.iter().enumerate() {
        order.check_freshness(number, class)?;
        for (copy, spec) in class.copies().iter().enumerate() {
            let Start::After(after) = &spec.start else { continue };
            for (at, anchor) in after.anchors.iter().enumerate() {
                order.check_anchor(number, *anchor).map_err(|(message, help)| {
                    let fault = Fault::new(order.place(number, copy, Some(at)), message);
                    if help.is_empty() { fault } else { fault.help(help) }
                })?;
            }
        }
    }
    Graph::new(&order)?.check()
}

struct Order<'a> {
    classes: &'a [Class],
    entries: &'a [&'a Entry],
}

impl<'a> Order<'a> {
    /// The value of `after` of an instance.
    fn after(&self, class: usize, copy: usize) -> Option<&'a Node> {
        let table = self.entries[class].node.table()?;
        let own = match table.get("each").map(|node| &node.value) {
            Some(Value::List(items)) => items.get(copy).and_then(Node::table).and_then(|entry| entry.get("after")),
            _ => None,
        };
        own.or_else(|| table.get("after"))
    }

    /// The place of an instance's `after`, or of one anchor in it.
    fn place(&self, class: usize, copy: usize, anchor: Option<usize>) -> &'a Place {
        let Some(after) = self.after(class, copy) else { return &self.entries[class].key_place };
        let anchor = anchor.and_then(|at| anchor_nodes(after).ok()?.get(at));
        &anchor.unwrap_or(after).place
    }

    fn check_freshness(&self, number: usize, class: &Class) -> Result<(), Fault> {
        let Some((socket, _)) = class.skip_while_fresh else { return Ok(()) };
        let socket = &self.classes[socket];
        if socket.snapshot_every.is_none() && socket.snapshot_by.is_empty() || !socket.kind.is_socket() {
            let message = format!("`{}` is not a socket with `snapshot_every` or `snapshot_by`", socket.name);
            let entry = self.entries[number];
            let node = entry.node.table().and_then(|table| table.get("skip_while_fresh"));
            return Err(Fault::new(node.map_or(&entry.key_place, |node| &node.place), message));
        }
        Ok(())
    }

    /// Checks an anchor; the error is the message and the help.
    fn check_anchor(&self, number: usize, anchor: Anchor) -> Result<(), (String, String)> {
        let before = &self.classes[anchor.class];
        if before.kind.is_socket() && anchor.event != Event::Headers {
            return Err(("a socket has one event: `open`".to_owned(), String::new()));
        }
        let stream = matches!(before.common.start, Start::Arrivals { .. });
        // A class without instances holds up no start, so a fix may remove all of them.
        let Some(copies) = before.count.fixed().filter(|copies| *copies > 0 && !stream) else { return Ok(()) };
        let plural = if copies == 1 { "instance" } else { "instances" };
        match anchor.copies {
            Copies::One(copy) if u64::from(copy) >= copies => Err((
                format!(
                    "`{}` has {copies} {plural}, and the first has the number 0: there is no instance {copy}",
                    before.name
                ),
                format!("the last one is {}[{}]", before.name, copies - 1),
            )),
            Copies::Same => match self.classes[number].count.fixed() {
                Some(own) if own > 0 && own != copies => Err((
                    format!("`{}` has {copies} {plural} and `{}` has {own}", before.name, self.classes[number].name),
                    "[i] joins instances with the same number: give both the same `count`".to_owned(),
                )),
                _ => Ok(()),
            },
            Copies::One(_) | Copies::Every => Ok(()),
        }
    }
}

/// The instances of all classes, and for each class a node that stands for all its instances.
struct Graph<'a> {
    order: &'a Order<'a>,
    /// The first node of each class, and the end of the last class's nodes.
    bases: Vec<usize>,
}

impl<'a> Graph<'a> {
    fn new(order: &'a Order<'a>) -> Result<Self, Fault> {
        let anchors = || {
            let starts = order.classes.iter().flat_map(|class| class.copies().iter().map(|copy| &copy.start));
            starts
                .filter_map(|start| if let Start::After(after) = start { Some(&after.anchors) } else { None })
                .flatten()
        };
        // The instances that the file distinguishes; those with higher numbers are alike.
        let named =
            anchors().filter_map(|anchor| if let Copies::One(copy) = anchor.copies { Some(copy) } else { None });
        let named = named.max().map_or(0, |copy| copy as usize + 1);
        let distinct = order.classes.iter().map(|class| class.each.len()).max().unwrap_or(0).max(named);
        let mut bases = vec![0];
        let mut next = 0_usize;
        for (number, class) in order.classes.iter().enumerate() {
            let chained = match &class.common.start {
                Start::After(after) => after.anchors.iter().any(|anchor| anchor.copies == Copies::Same),
                Start::At(_) | Start::Arrivals { .. } => false,
            };
            next += match (class.each.len(), chained) {
                (0, false) => 1,
                (0, true) => {
                    class.count.fixed().map_or(distinct + 1, |count| (distinct + 1).min(count.max(1) as usize))
                }
                (each, _) => each,
            };
            if next > limits::CHAINED {
                let message = format!("chains of more than {} instances", limits::CHAINED);
                return Err(
                    Fault::new(order.place(number, 0, None), message).help("name fewer instances by their numbers")
                );
            }
            bases.push(next);
        }
        Ok(Self { order, bases })
    }

    fn copies(&self) -> usize {
        self.bases[self.order.classes.len()]
    }

    /// The node of an instance.
    fn node(&self, class: usize, copy: u32) -> usize {
        let (first, end) = (self.bases[class], self.bases[class + 1]);
        (first + copy as usize).min(end - 1)
    }

    /// The class and the number of a node's instance.
    fn place_of(&self, node: usize) -> (usize, u32) {
        let class = self.bases.partition_point(|base| *base <= node) - 1;
        (class, u32::try_from(node - self.bases[class]).unwrap_or(u32::MAX))
    }

    /// The nodes that a node waits for, by number.
    fn before(&self, node: usize, at: usize) -> Option<usize> {
        if node >= self.copies() {
            let class = node - self.copies();
            return Some(self.bases[class] + at).filter(|node| *node < self.bases[class + 1]);
        }
        let (class, copy) = self.place_of(node);
        let Start::After(after) = &self.order.classes[class].copy(copy).start else { return None };
        let anchor = after.anchors.get(at)?;
        Some(match anchor.copies {
            Copies::Every => self.copies() + anchor.class,
            Copies::One(number) => self.node(anchor.class, number),
            Copies::Same => self.node(anchor.class, copy),
        })
    }

    /// Refuses the first cycle, at its instance that stands first in the file.
    fn check(&self) -> Result<(), Fault> {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            No,
            OnPath,
            Clear,
        }
        let mut seen = vec![Seen::No; self.copies() + self.order.classes.len()];
        let mut path: Vec<(usize, usize)> = Vec::new();
        for start in 0..self.copies() {
            if seen[start] != Seen::No {
                continue;
            }
            path.push((start, 0));
            seen[start] = Seen::OnPath;
            while let Some((node, at)) = path.last_mut() {
                let (node, next) = (*node, self.before(*node, std::mem::replace(at, *at + 1)));
                match next.map(|next| (next, seen[next])) {
                    None => {
                        seen[node] = Seen::Clear;
                        path.pop();
                    }
                    Some((_, Seen::Clear)) => {}
                    Some((next, Seen::No)) => {
                        seen[next] = Seen::OnPath;
                        path.push((next, 0));
                    }
                    Some((next, Seen::OnPath)) => {
                        let from = path.iter().position(|(node, _)| *node == next).unwrap_or(0);
                        return Err(self.cycle(path[from..].iter().map(|(node, _)| *node)));
                    }
                }
            }
        }
        Ok(())
    }

    fn cycle(&self, nodes: impl Iterator<Item = usize>) -> Fault {
        let mut nodes: Vec<usize> = nodes.filter(|node| *node < self.copies()).collect();
        let first = (0..nodes.len()).min_by_key(|at| nodes[*at]).unwrap_or(0);
        nodes.rotate_left(first);
        let name = |node: &usize| {
            let (class, copy) = self.place_of(*node);
            let alike = self.bases[class + 1] - self.bases[class] == 1;
            let name = &self.order.classes[class].name;
            if alike { name.clone() } else { format!("{name}[{copy}]") }
        };
        let mut names: Vec<String> = nodes.iter().take(STEPS).map(name).collect();
        if nodes.len() > STEPS {
            names.push("...".to_owned());
        }
        names.extend(nodes.first().map(name));
        let (class, copy) = nodes.first().map_or((0, 0), |node| self.place_of(*node));
        let message = format!("`after` forms a cycle: {}", names.join(" after "));
        Fault::new(self.order.place(class, copy as usize, None), message).help("let one of them have a `start`")
    }
}
