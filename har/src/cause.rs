//! What may have caused a request, by the evidence that the file has.
//!
//! Rule: a cause is an earlier entry of the same load. From best to worst:
//! 1. a redirect that leads to the address (`redirectURL`);
//! 2. the OPTIONS request that a call's preflight is, or the call that a preflight belongs to;
//! 3. the address in `_initiator`, then the scripts of its call stack and of the stack's asynchronous parents;
//! 4. the address in `Referer`;
//! 5. a guess by order: the answer to a call of the same script that ended shortly before.
//!
//! A parser finds what it asks for while the document arrives, so a document is a cause from its headers on; a script and a
//! style sheet act when they have ended. Exporters write ends late: where the rule's moment lies after the request, the
//! latest earlier moment of the cause holds.

use crate::archive::Archive;
use crate::entry::Entry;
use crate::loads::is_document;
use crate::moments::in_order;
use crate::url::Url;
use std::collections::BTreeMap;

/// A cause this little after its effect, in milliseconds, is the clocks' doing.
const SLACK_MS: f64 = 2.0;
/// An answer that ended at most this long before a call, in milliseconds, may have caused it.
pub const CHAIN_MS: f64 = 50.0;
/// A preflight and its call start at most this far apart, in milliseconds.
const PREFLIGHT_MS: f64 = 1_000.0;

/// Requests of one address that are looked at for a cause.
const SAME: usize = 16;

/// How a cause works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Via {
    /// A document's parser found the address.
    Parser,
    /// A style sheet names it.
    Stylesheet,
    /// A script asked for it.
    Script,
    /// A script asked for it when the answer to an earlier call had come.
    FetchChain,
    /// An answer led to it.
    Redirect,
    /// A preflight and its call.
    Preflight,
}

/// The moment of a cause from which a delay counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Anchor {
    /// When it was issued.
    Issue,
    /// When its first byte came.
    Headers,
    /// When it had ended.
    End,
}

/// What in the file names the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Evidence {
    /// `redirectURL`, or a `Location` header.
    RedirectUrl,
    /// An OPTIONS request to the same address.
    Preflight,
    /// The address in `_initiator`.
    Initiator,
    /// A script on the call stack.
    Stack,
    /// A script on the stack of an asynchronous parent.
    AsyncStack,
    /// The `Referer` header.
    Referer,
    /// Order alone: a guess.
    Order,
}

/// A candidate cause.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Cause {
    /// The entry: an index into [`Archive::entries`].
    pub entry: usize,
    /// How it works.
    pub via: Via,
    /// The moment from which `delay_ms` counts.
    pub anchor: Anchor,
    /// What names it.
    pub evidence: Evidence,
    /// From that moment to the request's issue, in milliseconds; 0 or more.
    pub delay_ms: f64,
}

/// The entries of a load, by address and in order.
struct Index<'a> {
    archive: &'a Archive,
    /// By address: entries in order of their start.
    urls: BTreeMap<&'a str, Vec<usize>>,
    /// Redirects by the address that they lead to.
    redirects: BTreeMap<&'a str, Vec<usize>>,
    /// Calls of scripts by the script nearest to them: end and entry, in order of the end.
    calls: BTreeMap<&'a str, Vec<(f64, usize)>>,
}

/// The latest of the candidates, which are in order of their start, that started before an entry.
fn last_before(archive: &Archive, candidates: Option<&Vec<usize>>, effect: usize) -> Option<usize> {
    let start = archive.entries[effect].start_ms;
    let candidates = candidates?;
    let until = candidates.partition_point(|at| archive.entries[*at].start_ms <= start + SLACK_MS);
    candidates[..until].iter().rev().copied().find(|at| *at != effect)
}

/// The address without what [`Url::new`] takes off.
fn bare(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

/// The script that asked for an entry, the nearest one.
fn script(entry: &Entry) -> Option<&str> {
    let initiator = entry.initiator.as_ref()?;
    initiator
        .stack
        .first()
        .or(initiator.url.as_ref().filter(|_| initiator.kind.as_deref() == Some("script")))
        .map(String::as_str)
}

/// Whether an entry is a call for data, by a script.
fn is_call(entry: &Entry) -> bool {
    match entry.resource_type.as_deref() {
        Some(kind) => matches!(kind, "fetch" | "xhr"),
        None => entry.mime.as_deref().is_some_and(|mime| mime.contains("json")),
    }
}

impl<'a> Index<'a> {
    fn new(archive: &'a Archive, entries: &[usize]) -> Self {
        let mut index = Self { archive, urls: BTreeMap::new(), redirects: BTreeMap::new(), calls: BTreeMap::new() };
        for at in entries {
            let entry = &archive.entries[*at];
            index.urls.entry(entry.url.as_str()).or_default().push(*at);
            if let Some(target) = &entry.redirect {
                index.redirects.entry(bare(target)).or_default().push(*at);
            }
            if let (true, Some(script), Some(end)) = (is_call(entry), script(entry), entry.end_ms()) {
                index.calls.entry(script).or_default().push((end, *at));
            }
        }
        for calls in index.calls.values_mut() {
            in_order(calls);
        }
        index
    }

    /// A cause with the latest moment up to `most` that lies before the effect.
    fn anchored(&self, effect: usize, cause: usize, via: Via, most: Anchor, evidence: Evidence) -> Option<Cause> {
        let (entry, start) = (&self.archive.entries[cause], self.archive.entries[effect].start_ms);
        let headers = entry.headers_ms().or(entry.end_ms());
        let moments =
            [(Anchor::End, entry.end_ms()), (Anchor::Headers, headers), (Anchor::Issue, Some(entry.start_ms))];
        let allowed = moments.into_iter().filter(|(anchor, _)| *anchor <= most);
        let before = allowed.filter_map(|(anchor, moment)| Some((anchor, moment?)));
        let (anchor, moment) = before.into_iter().find(|(_, moment)| *moment <= start + SLACK_MS)?;
        Some(Cause { entry: cause, via, anchor, evidence, delay_ms: (start - moment).max(0.0) })
    }

    /// The entry of an address as a cause, by what it is.
    fn named(&self, effect: usize, url: &str, evidence: Evidence) -> Option<Cause> {
        let url = bare(url);
        let mut cause = last_before(self.archive, self.urls.get(url), effect)?;
        // A redirect asks for nothing itself: its target does.
        if self.archive.entries[cause].redirect.is_some() {
            let answered = |at: &usize| self.archive.entries[*at].redirect.is_none();
            let others = self.urls.get(url)?;
            let until = others.partition_point(|at| *at < effect);
            cause = *others[..until].iter().rev().take(SAME).find(|at| answered(at))?;
        }
        let entry = &self.archive.entries[cause];
        let kind = entry.resource_type.as_deref();
        let mime = entry.mime.as_deref().unwrap_or_default();
        let (via, most) = if is_document(entry) {
            (Via::Parser, Anchor::Headers)
        } else if kind == Some("stylesheet") || kind.is_none() && mime.starts_with("text/css") {
            (Via::Stylesheet, Anchor::End)
        } else {
            (Via::Script, Anchor::End)
        };
        self.anchored(effect, cause, via, most, evidence)
    }

    /// The call that a preflight belongs to: DevTools lists the call first. Other exporters list the preflight first; then it
    /// is the cause of the call right behind it.
    fn preflight(&self, effect: usize) -> Option<Cause> {
        let entry = &self.archive.entries[effect];
        let options = |entry: &Entry| entry.method.eq_ignore_ascii_case("OPTIONS");
        let marked = |entry: &Entry| {
            let kind = entry.initiator.as_ref().and_then(|initiator| initiator.kind.as_deref());
            entry.resource_type.as_deref() == Some("preflight") || kind == Some("preflight")
        };
        let others = self.urls.get(entry.url.as_str())?;
        let until = others.partition_point(|at| *at < effect);
        let mut before = others[..until].iter().rev().copied();
        let (cause, most) = if options(entry) {
            (before.take(SAME).find(|at| !options(&self.archive.entries[*at]))?, Anchor::Issue)
        } else {
            let last = before.next().map(|at| (at, &self.archive.entries[at]))?;
            (Some(last).filter(|(_, last)| options(last) && !marked(last))?.0, Anchor::End)
        };
        let near = entry.start_ms - self.archive.entries[cause].start_ms <= PREFLIGHT_MS;
        near.then(|| self.anchored(effect, cause, Via::Preflight, most, Evidence::Preflight)).flatten()
    }

    /// The call of the same script that ended last before this one.
    fn chain(&self, effect: usize) -> Option<Cause> {
        let entry = &self.archive.entries[effect];
        let calls = self.calls.get(script(entry).filter(|_| is_call(entry))?)?;
        let until = calls.partition_point(|(end, _)| *end <= entry.start_ms + SLACK_MS);
        let (end, cause) = calls[..until].iter().rev().copied().find(|(_, at)| *at != effect)?;
        let near = entry.start_ms - end <= CHAIN_MS && cause < effect;
        near.then(|| self.anchored(effect, cause, Via::FetchChain, Anchor::End, Evidence::Order)).flatten()
    }

    fn causes(&self, effect: usize) -> Vec<Cause> {
        let entry = &self.archive.entries[effect];
        let mut causes = Vec::new();
        let redirect = last_before(self.archive, self.redirects.get(entry.url.as_str()), effect);
        causes.extend(
            redirect.and_then(|cause| self.anchored(effect, cause, Via::Redirect, Anchor::End, Evidence::RedirectUrl)),
        );
        causes.extend(self.preflight(effect));
        if let Some(initiator) = &entry.initiator {
            let url = initiator.url.as_deref().map(|url| (url, Evidence::Initiator));
            let stack = initiator.stack.iter().enumerate().map(|(place, url)| {
                let evidence = if place < initiator.synchronous { Evidence::Stack } else { Evidence::AsyncStack };
                (url.as_str(), evidence)
            });
            causes.extend(url.into_iter().chain(stack).filter_map(|(url, evidence)| self.named(effect, url, evidence)));
        }
        if causes.is_empty()
            && let Some(referer) = entry.request_headers.get("referer")
        {
            causes.extend(self.named(effect, Url::new(referer).as_str(), Evidence::Referer));
        }
        causes.extend(self.chain(effect));
        let mut seen = Vec::new();
        causes.retain(|cause| {
            cause.entry != effect && !seen.contains(&cause.entry) && {
                seen.push(cause.entry);
                true
            }
        });
        causes
    }
}

impl Archive {
    /// The candidate causes of each entry of a load, best first, in the order of [`Load::entries`](crate::Load::entries);
    /// empty where the file names none. A cause is always earlier in [`Archive::entries`] than its effect, so there is no
    /// circle. Takes time in proportion to the entries, times the logarithm of their number.
    pub fn causes(&self, load: usize) -> Vec<Vec<Cause>> {
        let Some(load) = self.loads.get(load) else { return Vec::new() };
        let index = Index::new(self, &load.entries);
        let causes = |effect: &usize| {
            let mut causes = index.causes(*effect);
            causes.retain(|cause| cause.entry < *effect);
            causes
        };
        load.entries.iter().map(causes).collect()
    }
}
