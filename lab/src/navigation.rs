//! Pages that a tab leaves by a navigation: which call it is, in which document each call is made, and what is refused.
//!
//! Rule: a navigation is a GET whose headers leave a page. It is a real one, in turn by the load's number: a script sets
//! `location.href`, a link is clicked, or the document is reloaded; these are one to the network (docs/browser-rules.md). A
//! document ends all that it does, so each call of its tab belongs to the page that is left, or starts after the navigation.

use crate::script::Script;
use crate::unsupported::{Unsupported, table, unlike_a_resource};
use sixslot_models::browser::Priority;
use sixslot_models::class::{Class, Copies, Event, Join, Kind, Start};
use sixslot_models::pages::Page;

/// How a load navigates, in turn.
const WAYS: [&str; 3] = ["href", "click", "reload"];

impl Script {
    /// How its pages navigate.
    pub(crate) fn way(&self) -> &'static str {
        WAYS[(self.load % 3) as usize]
    }

    /// The navigations that leave the page of a class.
    pub(crate) fn left_by(&self, class: &Class) -> Vec<usize> {
        let page = class.page.and_then(|page| self.plan.pages().get(page));
        page.map(|page| page.left_by.iter().map(|anchor| anchor.class).collect()).unwrap_or_default()
    }

    /// Whether a tab makes calls of a class.
    fn makes(&self, class: &Class, tab: u32) -> bool {
        let is_stream = matches!(class.common.start, Start::Arrivals { .. });
        class.is_in(tab) && (is_stream || self.draws.copies(class, tab) > 0)
    }

    /// The classes that start in a tab only after the new document of a navigation is there, by class.
    fn following(&self, navigation: usize, tab: u32) -> Vec<bool> {
        let classes = self.plan.classes();
        let mut follows = vec![false; classes.len()];
        let is_there = |event| matches!(event, Event::Headers | Event::Ok | Event::End);
        loop {
            let found = classes.iter().enumerate().position(|(number, class)| {
                let Start::After(after) = &class.common.start else { return false };
                let mut met = after.anchors.iter().map(|anchor| {
                    let real = self.makes(&classes[anchor.class], tab);
                    real && (follows[anchor.class] || anchor.class == navigation && is_there(anchor.event))
                });
                !follows[number] && if after.join == Join::Any { met.all(|met| met) } else { met.any(|met| met) }
            });
            match found {
                Some(number) => follows[number] = true,
                None => return follows,
            }
        }
    }

    /// The navigations of a tab, each after the one before it, with the classes that follow each.
    fn navigations(&self, tab: u32) -> Vec<(usize, Vec<bool>)> {
        let classes = self.plan.classes().iter().enumerate();
        let found = classes.filter(|(_, class)| class.navigates && self.makes(class, tab));
        let mut found: Vec<_> = found.map(|(number, _)| (number, self.following(number, tab))).collect();
        // The first is followed by all others.
        let numbers: Vec<usize> = found.iter().map(|(number, _)| *number).collect();
        found.sort_by_key(|(_, follows)| numbers.iter().filter(|number| !follows[**number]).count());
        found
    }

    /// Refuses navigations that the lab's pages cannot make, and calls in their tabs that would not be made in a browser.
    pub(crate) fn check_navigations(&self) -> Result<(), Unsupported> {
        let Some(page) = self.plan.pages().iter().find(|page| !page.left_by.is_empty()) else { return Ok(()) };
        if self.needs_link() {
            return Err(refuse(
                page,
                "over a network the lab's document has its own size; leave out the network, or `left_by`",
            ));
        }
        self.plan.pages().iter().try_for_each(check_event)?;
        for tab in 0..self.tabs {
            let navigations = self.navigations(tab);
            if !navigations.is_empty() && self.closes(tab).is_some() {
                return Err(refuse(page, "its tab closes too; leave out one of the two"));
            }
            for (number, class) in self.plan.classes().iter().enumerate().filter(|(_, class)| self.makes(class, tab)) {
                self.check_document(number, class, &navigations)?;
            }
        }
        self.plan.classes().iter().filter(|class| class.navigates).try_for_each(|class| self.check_navigation(class))
    }

    /// Refuses a class whose calls would go on from one document of their tab to another one.
    fn check_document(
        &self,
        number: usize,
        class: &Class,
        navigations: &[(usize, Vec<bool>)],
    ) -> Result<(), Unsupported> {
        let at = |number: usize| navigations.iter().position(|(other, _)| *other == number);
        let left = self.left_by(class).into_iter().find_map(at);
        let by_server = class.kind == Kind::Background && !matches!(class.common.start, Start::After(_));
        // The documents before the one in which it is made.
        let documents = at(number).or(left).unwrap_or(navigations.len());
        let Some((last, follows)) = navigations[..documents].last().filter(|_| !by_server) else { return Ok(()) };
        if follows[number] {
            return Ok(());
        }
        let name = &self.plan.classes()[*last].name;
        let why = format!(
            "`{name}` ends all calls of its tab; give it a page that `{name}` leaves, or let it start after \"{name}.headers\""
        );
        Err(Unsupported::new(format!("{}.{}.page", table(class), class.name), why))
    }

    /// Refuses a navigation that is not one of a browser.
    fn check_navigation(&self, class: &Class) -> Result<(), Unsupported> {
        let number = self.plan.classes().iter().position(|other| std::ptr::eq(other, class)).unwrap_or_default();
        let own = |page: &Page| page.left_by.iter().any(|anchor| anchor.class == number);
        let unmounts = class.unmounted_by.iter().any(|anchor| anchor.class != number);
        let url = class.common.url.expand(0, 0);
        let mut others = self.plan.classes().iter().filter(|other| !std::ptr::eq(*other, class));
        let limits = [
            ("is a request", class.kind != Kind::Fetch),
            ("has a `count` of 1", (0..self.tabs).any(|tab| class.is_in(tab) && self.draws.copies(class, tab) > 1)),
            ("is sent to the page's own origin", class.origin != 0),
            ("has the priority \"highest\"", class.common.priority != Priority::Highest),
            ("has no `unmounted_by`, and no page that another one leaves", unmounts),
            ("has no `keepalive`", class.keepalive),
            ("is neither `refused` nor `reset`", class.answer.refused.is_some() || class.answer.reset.is_some()),
            ("has no `status` below 400", class.answer.statuses.iter().any(|(status, _)| *status < 400)),
            ("has no `raised_by`", !class.raised_by.is_empty()),
            ("has a URL that no other request has", others.any(|other| other.common.url.expand(0, 0) == url)),
        ];
        let limit = limits.into_iter().find(|(_, broken)| *broken).map(|(limit, _)| limit);
        let Some(limit) = limit.or_else(|| unlike_a_resource(class)) else { return Ok(()) };
        let pages = self.plan.pages().iter().find(|page| own(page));
        let page = pages.map_or_else(|| "page".to_owned(), |page| format!("page.{}", page.name));
        let why = format!("`{}` is run as a navigation, which {limit}; change that", class.name);
        Err(Unsupported::new(format!("{page}.left_by"), why))
    }
}

/// Refuses a page that something else than the headers of one call leaves.
fn check_event(page: &Page) -> Result<(), Unsupported> {
    match &page.left_by[..] {
        [] => Ok(()),
        [one] if one.event == Event::Headers && one.copies == Copies::Every => Ok(()),
        _ => {
            Err(refuse(page, "the lab's tabs leave a page by a navigation only; write \"NAME.headers\" of one request"))
        }
    }
}

fn refuse(page: &Page, why: &str) -> Unsupported {
    Unsupported::new(format!("page.{}.left_by", page.name), why)
}
