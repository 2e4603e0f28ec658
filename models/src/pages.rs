//! A page that some tabs show, as a scenario describes it.
//!
//! Rule: a tab that is left or closed ends what its page does (HTML, "unloading documents"): its calls are aborted, its timers
//! and what has not started never come; a fetch with keepalive and a beacon go on. A navigation leaves the page when the new
//! document's headers arrive and not before, so that the document waits behind the old page's calls (measured in Chromium).
//! Where a browser ends the calls as the navigation starts (Firefox, WebKitGTK), it does so by `navigation_ends_calls`.

use crate::class::{self, Anchor, Class, Kind, Names};
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;

/// A page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// Its name in the scenario.
    pub name: String,
    /// The numbers of the tabs that show it; none: all.
    pub tabs: Option<Vec<u32>>,
    /// The events that leave it, in its tab.
    pub left_by: Vec<Anchor>,
    /// Time from the start of the load to the opening of its tabs; none: that of the browser's other tabs.
    pub opens: Option<Span>,
    /// Time from the tab's opening to its closing.
    pub closes: Option<Span>,
}

impl Page {
    /// Reads `[page.NAME]`.
    pub(crate) fn read(name: &str, node: &Node, names: &Names<'_>) -> Result<Self, Fault> {
        let reader = Reader::new(node, &schema::PAGE)?;
        let tab = read::whole(0, limits::TABS - 1);
        let tab = |node: &Node| Ok(u32::try_from(tab(node)?).unwrap_or(u32::MAX));
        let tabs = reader.read("tabs", read::list(limits::TABS as usize))?;
        let tabs = tabs.map(|tabs| tabs.iter().map(tab).collect::<Result<Vec<u32>, Fault>>()).transpose()?;
        if tabs.as_ref().is_some_and(Vec::is_empty) {
            return Err(
                Fault::new(reader.place_of("tabs"), "no tab shows the page").help("leave out `tabs`, or the page")
            );
        }
        let left_by = reader.read("left_by", |node| class::events(node, names))?.unwrap_or_default();
        let (opens, closes) = (reader.read("opens", read::span)?, reader.read("closes", read::span)?);
        if opens.is_some() && tabs.is_none() {
            return Err(Fault::new(reader.place_of("opens"), "`opens` requires `tabs`")
                .help("write the numbers of the tabs that open then; all others open by browser.tab_interval"));
        }
        Ok(Self { name: name.to_owned(), tabs, left_by, opens, closes })
    }

    /// When it opens a tab; none if something else does.
    pub(crate) fn opening(&self, tab: u32) -> Option<Span> {
        self.opens.filter(|_| self.tabs.as_ref().is_some_and(|tabs| tabs.contains(&tab)))
    }

    /// The classes that are a navigation from it.
    pub(crate) fn navigations(&self) -> impl Iterator<Item = usize> {
        self.left_by.iter().filter(|anchor| anchor.event == class::Event::Headers).map(|anchor| anchor.class)
    }

    /// Gives a class of this page the page's tabs, and the events that end it.
    pub(crate) fn shows(&self, class: &mut Class) {
        class.tabs.clone_from(&self.tabs);
        if class.kind != Kind::Background {
            class.unmounted_by.extend(&self.left_by);
        }
    }
}
