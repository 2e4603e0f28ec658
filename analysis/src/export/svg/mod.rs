//! A load as a picture: a waterfall as in DevTools' Network panel, and on the same time axis the slots and the queue.
//!
//! Rule: phases have DevTools' colours and order; an abort is a red end, a deadline a dashed tick, and neither is shown by
//! colour alone. Rows, slots and queue are the requests' own times, and share one axis. Every string of a scenario is
//! cleaned, cut to its room and escaped; marks that change the direction of writing are replaced, because one of them in
//! a URL would reverse the row.

mod axis;
mod head;
mod lanes;
mod row;
mod sheet;

use super::Subject;
use crate::svg_text::{clean, wrap};
use crate::words::xml;
use sheet::{AXIS, Look, MARGIN, QUIET, ROW, Sheet, WAITING, WIDTH};
use sixslot_models::class::Kind;
use sixslot_models::load::Request;
use sixslot_sim_core::{Span, Time};

/// The most rows; the others are counted.
const ROWS: usize = 40;
/// Rows of each class that come before the further ones of any class.
const OF_EACH: usize = 6;

/// The end of the time axis: a little after the last moment that decided the load.
pub(super) fn end(subject: &Subject<'_>) -> Span {
    let verdict = subject.load.verdict();
    let decisive = [verdict.error, verdict.recovered, verdict.ready].into_iter().flatten().max();
    let horizon = subject.plan.horizon() - Time::ZERO;
    let shown = decisive.map_or(horizon, |time| (time - Time::ZERO) * 23 / 20);
    shown.max(Span::from_millis(10)).min(horizon)
}

/// The rows with their numbers, and the number of omitted ones: the request that failed the load, some of each class, the
/// decisive ones, sockets, then in order of issue.
fn rows<'a>(subject: &Subject<'a>, end: Span) -> (Vec<(usize, &'a Request)>, usize) {
    let shown =
        |request: &&Request| request.issued < Time::ZERO + end && subject.class(request).kind != Kind::Background;
    let seen: Vec<(usize, &Request)> =
        subject.load.requests().iter().filter(shown).zip(1..).map(|(r, n)| (n, r)).collect();
    let (rules, culprit) = (subject.plan.load(), subject.load.culprit(subject.plan));
    let mut of_class = vec![0_usize; subject.plan.classes().len()];
    let mut ranked: Vec<_> = seen
        .iter()
        .map(|(number, request)| {
            of_class[request.class] += 1;
            let decisive = rules.ready.contains(&request.class) || rules.judges(request.class);
            let socket = subject.class(request).kind.is_socket();
            let culprit = culprit.is_some_and(|culprit| std::ptr::eq(culprit, *request));
            let aborted = request.outcome.is_wrong();
            (
                (!culprit, !(decisive && aborted), of_class[request.class] > OF_EACH, !decisive, !socket, *number),
                *request,
            )
        })
        .collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.truncate(ROWS);
    let mut chosen: Vec<(usize, &Request)> = ranked.into_iter().map(|(rank, request)| (rank.5, request)).collect();
    chosen.sort_unstable_by_key(|(number, _)| *number);
    let left_out = seen.len() - chosen.len();
    (chosen, left_out)
}

/// The picture.
pub(super) fn text(subject: &Subject<'_>) -> String {
    draw(subject, true)
}

/// The picture as part of a page that states the load and its outcome.
pub(super) fn figure(subject: &Subject<'_>) -> String {
    draw(subject, false)
}

fn draw(subject: &Subject<'_>, whole: bool) -> String {
    let end = end(subject);
    let (rows, left_out) = rows(subject, end);
    let mut sheet = Sheet { subject, marks: String::new(), ground: String::new(), bands: Vec::new(), y: 0.0, end };
    if whole {
        sheet.head();
    } else {
        sheet.y = 14.0;
    }
    sheet.legend(&rows);
    let head = std::mem::take(&mut sheet.marks);
    sheet.y += 24.0 + 16.0 * sheet.moments(0.0).len() as f64;
    let top = sheet.y;
    for (at, (number, request)) in rows.iter().enumerate() {
        sheet.row(*number, request, at % 2 == 0);
    }
    if left_out > 0 {
        let at = (MARGIN + 49.0, sheet.y + 15.0);
        sheet.text(at, &format!("and {left_out} more"), 280.0, Look::new(12.0, QUIET));
        sheet.y += ROW;
    }
    sheet.bands.push((top, sheet.y));
    let numbers = rows.iter().map(|(number, request)| (std::ptr::from_ref::<Request>(request), *number)).collect();
    sheet.slots(0, &numbers);
    let others = (1..subject.plan.origins().len()).filter(|origin| subject.lanes(*origin).1 > 0);
    let others: Vec<String> = others.map(|origin| subject.origin_words(origin)).collect();
    let note = if others.is_empty() { String::new() } else { format!("(not drawn: {})", others.join(", ")) };
    let waiting = format!("number of requests that wait for one of them {note}");
    sheet.heading("Queue", waiting.trim_end());
    let depth = subject.queue_depth(0);
    sheet.steps(&depth, WAITING);
    let bottom = sheet.y;
    sheet.moment_words(top);
    if let Some(note) = subject.plan.unmeasured() {
        for line in wrap(&clean(&format!("Note: {note}")), 11.5, false, WIDTH - 2.0 * MARGIN, 3) {
            sheet.y += 20.0;
            sheet.text((MARGIN, sheet.y), &line, WIDTH - 2.0 * MARGIN, Look::new(11.5, QUIET));
        }
    }
    if whole {
        let foot = format!("simulated by sixslot {}", env!("CARGO_PKG_VERSION"));
        sheet.y += 30.0;
        sheet.text((MARGIN, sheet.y), &foot, 600.0, Look::new(11.5, AXIS));
    }
    let height = sheet.y + 20.0;
    let behind = sheet.axis(top, bottom);
    let (title, outcome) = (xml(&clean(subject.plan.title())), xml(&clean(&subject.outcome())));
    // On a page the name is no <title>, which browsers show when the pointer rests on it.
    let (label, names) = if whole {
        (String::new(), format!("<title>{title}</title>\n<desc>{outcome}</desc>\n"))
    } else {
        (format!(" aria-label=\"{outcome}\""), String::new())
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         role=\"img\"{label} font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif\">\n\
         {names}<rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n{head}{}{behind}{}</svg>\n",
        sheet.ground, sheet.marks
    )
}
