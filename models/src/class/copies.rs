//! The values in which the instances of a class can differ: the class's own, and those of the entries of `each`.
//!
//! Rule: an entry of `each` overrides the class key by key. Instance i has entry i; without `each` all instances are alike.

use super::{After, CacheMode, Class, Method, Names, Start};
use crate::browser::{Browser, PRIORITIES, Priority};
use crate::form::{self, Form};
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use crate::url::UrlTemplate;
use sixslot_sim_core::Span;

/// The values of one instance of a class that can differ from another's.
#[derive(Clone, Debug, PartialEq)]
pub struct CopySpec {
    /// Its URL.
    pub url: UrlTemplate,
    /// When it starts.
    pub start: Start,
    /// The priority that the page asks for.
    pub priority: Priority,
    /// Its rank by the browser's rules.
    pub rank: usize,
    /// Its method.
    pub method: Method,
    /// Whether it is a GET that does not bypass the cache.
    pub cacheable: bool,
    /// Time that the page holds it after the issue: a recorded stall that no rule explains.
    pub stalled: Option<Form>,
    /// The service time: from the request's arrival at the server to its headers.
    pub service: Option<Form>,
    /// The server's work, where it is not the class's.
    pub work: Option<Form>,
    /// Time from the headers to the end; for a socket, how long it stays open, or none if it never closes.
    pub body: Option<Form>,
    /// Bytes of the answer, if known.
    pub body_bytes: Option<u64>,
    /// Bytes of the request; 0 if unknown.
    pub request_bytes: u64,
}

impl Class {
    /// The values of an instance, by its number from 0; for a random stream, the number of the arrival.
    pub fn copy(&self, index: u32) -> &CopySpec {
        self.each.get(index as usize).unwrap_or(&self.common)
    }

    /// The values of all instances that differ: the entries of `each`, or one element for all instances.
    pub fn copies(&self) -> &[CopySpec] {
        if self.each.is_empty() { std::slice::from_ref(&self.common) } else { &self.each }
    }

    /// The same, mutably.
    pub fn copies_mut(&mut self) -> &mut [CopySpec] {
        if self.each.is_empty() { std::slice::from_mut(&mut self.common) } else { &mut self.each }
    }
}

/// Reads a method.
pub(super) fn method(node: &Node) -> Result<Method, Fault> {
    read::choice(&[("GET", Method::Get), ("HEAD", Method::Head), ("POST", Method::Post)])(node)
}

/// Reads a number of bytes.
pub(super) fn bytes(node: &Node) -> Result<u64, Fault> {
    read::whole(0, limits::BYTES)(node)
}

/// Reads `each` of a request whose own keys have been read.
pub(super) fn each(
    request: &Reader<'_>,
    class: &Class,
    names: &Names<'_>,
    browser: &Browser,
) -> Result<Vec<CopySpec>, Fault> {
    let entries = request.or("each", &[][..], read::list(limits::EACH))?;
    entries.iter().map(|entry| copy(entry, request, class, names, browser)).collect()
}

fn copy(
    node: &Node,
    request: &Reader<'_>,
    class: &Class,
    names: &Names<'_>,
    browser: &Browser,
) -> Result<CopySpec, Fault> {
    let reader = Reader::new(node, &schema::EACH)?;
    let time = |node| form::time(node, names.parameters);
    reader.exclude("start", "after")?;
    reader.exclude("start", "delay")?;
    let mut copy = class.common.clone();
    copy.url = reader.or("url", copy.url, UrlTemplate::read)?;
    let delay = reader.read("delay", time)?;
    if let Some(node) = reader.get("after") {
        let delay = delay.map_or_else(|| request.or("delay", Form::constant(Span::ZERO), time), Ok)?;
        copy.start = Start::After(After::read(node, names, delay)?);
    } else if let Some(delay) = delay {
        let Start::After(after) = &mut copy.start else {
            return Err(Fault::new(
                reader.place_of("delay"),
                "`delay` requires `after`, here or in the request's own table",
            ));
        };
        after.delay = delay;
    } else if let Some(node) = reader.get("start") {
        copy.start = Start::At(time(node)?);
    }
    copy.priority = reader.or("priority", copy.priority, read::choice(PRIORITIES))?;
    copy.rank = browser.ranks[copy.priority as usize];
    copy.method = reader.or("method", copy.method, method)?;
    copy.cacheable = class.cache == CacheMode::Default && copy.method != Method::Post;
    copy.stalled = reader.read("stalled", time)?.or(copy.stalled);
    if let Some(entry) = reader.table.entry("service")
        && let Some(other) = ["work", "io_time"].into_iter().find(|key| request.get(key).is_some())
    {
        let message = format!("`service` and the request's `{other}` exclude each other");
        return Err(Fault::new(&entry.key_place, message).help("keep one of them"));
    }
    reader.exclude("service", "work")?;
    if let Some(entry) = reader.table.entry("work")
        && request.get("service").is_some()
    {
        let message = "`work` and the request's `service` exclude each other";
        return Err(Fault::new(&entry.key_place, message).help("keep one of them"));
    }
    copy.service = reader.read("service", time)?.or(copy.service);
    copy.work = reader.read("work", time)?;
    copy.body = reader.read("body", time)?.or(copy.body);
    copy.body_bytes = reader.read("body_bytes", bytes)?.or(copy.body_bytes);
    copy.request_bytes = reader.or("request_bytes", copy.request_bytes, bytes)?;
    no_body_of_head(&reader, copy.method)?;
    if copy.method == Method::Head {
        (copy.body, copy.body_bytes) = (Some(Form::constant(Span::ZERO)), None);
    }
    Ok(copy)
}

/// Refuses the body of the answer to a HEAD.
pub(super) fn no_body_of_head(reader: &Reader<'_>, method: Method) -> Result<(), Fault> {
    let keys = ["body", "body_bytes"].into_iter().filter(|_| method == Method::Head);
    match keys.filter_map(|key| reader.table.entry(key)).next() {
        Some(entry) => Err(Fault::new(&entry.key_place, "the answer to a HEAD has no body").help("leave it out")),
        None => Ok(()),
    }
}
