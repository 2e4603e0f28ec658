//! Calls that an event cancels; pages that are left, closed, or shown by some tabs only.

use crate::simulate::{Row, simulate};
use sixslot_models::Document;
use sixslot_models::load::{AbortedBy, Outcome};

const HEAD: &str = "schema = 1\nhorizon = '60s'\nload.ready = ['one']\nbrowser.connect = '0ms'\nbrowser.dispatch = '0ms'\nbrowser.event_source_delay = '0ms'\nbrowser.navigation_delay = '0ms'\n";

fn rows(scenario: &str, sets: &[&str]) -> Vec<Row> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    simulate(scenario, &format!("{HEAD}{scenario}"), &sets)
}

fn refusal(scenario: &str) -> String {
    Document::read("a.toml", &format!("{HEAD}{scenario}"), &[]).map(|_| ()).unwrap_err().to_string()
}

fn ms(time: Option<sixslot_sim_core::Time>) -> f64 {
    time.map_or(f64::INFINITY, |time| time.as_millis_f64().round())
}

/// The calls of a request: when each was issued, sent and ended, and how.
fn calls(rows: &[Row], name: &str) -> Vec<(f64, f64, f64, Outcome)> {
    let of = rows.iter().filter(|row| row.name == name).map(|row| &row.request);
    of.map(|one| (one.issued.as_millis_f64().round(), ms(one.sent), ms(one.ended), one.outcome)).collect()
}

const NEVER: f64 = f64::INFINITY;
const GONE: Outcome = Outcome::Aborted;

#[test]
fn a_click_aborts_what_is_in_flight_and_the_network_sees_no_more_than_that() {
    let text = "
browser.connections = 1
request.one = { count = 2, service = '2s', cancelled_by = 'click.issued', retry = { attempts = 3 } }
request.click = { start = '300ms', service = '10ms' }
request.after-failure = { after = 'one.failed' }
request.after-end = { after = 'one.end' }
load.error = { request = 'one' }";
    let found = rows(text, &[]);
    // The one that was sent closes its connection; the other never reaches the network. Neither has failed.
    assert_eq!(calls(&found, "one"), [(0.0, 0.0, 300.0, GONE), (0.0, NEVER, 300.0, GONE)]);
    assert_eq!(calls(&found, "click"), [(300.0, 300.0, 310.0, Outcome::Ok)]);
    assert!(found.iter().any(|row| row.name == "after-end") && found.iter().all(|row| row.name != "after-failure"));
    let connection = |rows: &[Row], name: &str| rows.iter().find(|row| row.name == name).unwrap().request.connection;
    assert_eq!((connection(&found, "one"), connection(&found, "click")), (Some(1), Some(2)));
    let stream = rows(text, &["server.protocol='h2'"]);
    assert_eq!(connection(&stream, "click"), Some(1));
    // Measured in Chromium with a service worker: the aborted calls keep their connections, and are still sent.
    let hidden = rows(text, &["request.one.cancel_aborts=false"]);
    let ok = Outcome::Ok;
    assert_eq!(calls(&hidden, "one"), [(0.0, 0.0, 2000.0, ok), (0.0, 2000.0, 4000.0, ok)]);
    assert!(hidden.iter().all(|row| row.name != "one" || row.request.cancelled && !row.request.succeeded()));
    assert_eq!(calls(&hidden, "click")[0].1, 4000.0);
}

#[test]
fn a_superseded_call_that_the_network_does_not_see_end_keeps_its_connection() {
    let text = "
browser.connections = 1
request.one = { every = '400ms', service = '1s', method = 'POST', supersedes = true, status = { 503 = 1 }, retry.attempts = 2 }
load.error = { request = 'one' }";
    let aborted = calls(&rows(text, &[]), "one");
    assert_eq!(aborted[..2], [(0.0, 0.0, 400.0, GONE), (400.0, 400.0, 800.0, GONE)]);
    // Behind a service worker each goes on to its answer, of which the page hears nothing: no retry, and no failure.
    let hidden = rows(text, &["request.one.cancel_aborts=false"]);
    let failed = Outcome::Failed;
    assert_eq!(calls(&hidden, "one")[..2], [(0.0, 0.0, 1000.0, failed), (400.0, 1000.0, 2000.0, failed)]);
    let one: Vec<&Row> = hidden.iter().filter(|row| row.name == "one").collect();
    assert!(one.iter().all(|row| row.request.tick_attempt == 1 && !row.request.succeeded()));
    assert_eq!((ms(one[0].request.gave_up), one[0].request.aborted_by()), (400.0, Some(AbortedBy::NextCall)));
    assert!(
        refusal("request.one.cancel_aborts = false")
            .contains("requires `cancelled_by`, `unmounted_by`, `page` or `supersedes`")
    );
}

#[test]
fn a_cancelled_poll_goes_on_and_an_unmounted_one_ends() {
    let text = "
request.one = { every = '1s', service = '600ms', cancelled_by = 'click.issued' }
request.click = { every = '1s', start = '200ms' }";
    let polls = |sets: &[&str]| calls(&rows(text, sets), "one");
    let found = polls(&[]);
    assert!(found.len() > 50 && found[..50].iter().all(|call| call.3 == GONE && call.2 == call.0 + 200.0));
    assert_eq!(polls(&["request.one.unmounted_by='click.issued'"]), [(0.0, 0.0, 200.0, GONE)]);
    // A call that is over is not cancelled, and what has not started never does.
    let early = polls(&["request.one.service='100ms'", "request.one.unmounted_by='click.issued'"]);
    assert_eq!(early, [(0.0, 0.0, 100.0, Outcome::Ok)]);
    assert_eq!(polls(&["request.one.start='300ms'", "request.one.unmounted_by='click.issued'"]), []);
    // A timer that counts from the end of a call counts from its cancellation.
    let from_end = polls(&["request.one.every_from='end'", "request.click.every='90s'"]);
    assert_eq!(from_end[..2], [(0.0, 0.0, 200.0, GONE), (1200.0, 1200.0, 1800.0, Outcome::Ok)]);
}

#[test]
fn a_cancellation_drops_the_retry_that_is_due() {
    let text = "
request.one = { service = '100ms', status = { 503 = 1 }, retry = { attempts = 9, backoff = ['1s'] }, cancelled_by = 'click.ok' }
request.click = { start = '500ms' }
socket.live = { kind = 'websocket', lasts = '100ms', reconnect = '1s', unmounted_by = 'click.ok' }";
    let issued = |sets: &[&str], name: &str| calls(&rows(text, sets), name).len();
    assert_eq!((issued(&[], "one"), issued(&[], "live")), (1, 1));
    let late = &["request.click.start='1500ms'"];
    assert_eq!((issued(late, "one"), issued(late, "live")), (2, 2));
}

#[test]
fn a_new_document_waits_for_the_calls_of_the_page_that_it_replaces() {
    // Measured in Chromium: six calls of 3 s, a navigation meanwhile: the document is sent at 3029 ms.
    let text = "
page.old.left_by = 'document.headers'
request.one = { page = 'old', count = 8, service = '3s', start = '20ms' }
request.poll = { page = 'old', every = '500ms', start = '10s' }
request.beacon = { page = 'old', start = '3040ms', service = '1s', keepalive = true }
request.document = { start = '500ms', priority = 'highest', service = '100ms' }
request.new = { after = 'document.headers' }";
    let found = rows(text, &[]);
    assert_eq!(calls(&found, "document"), [(500.0, 3020.0, 3120.0, Outcome::Ok)]);
    let one = calls(&found, "one");
    assert!(one[..6].iter().all(|call| call.3 == Outcome::Ok));
    assert_eq!(one[6..], [(20.0, 3020.0, 3120.0, GONE); 2]);
    // Polls of the old page never start; a beacon outlives it.
    assert!(found.iter().all(|row| row.name != "poll"));
    assert_eq!(calls(&found, "beacon"), [(3040.0, 3040.0, 4040.0, Outcome::Ok)]);
    assert_eq!(calls(&rows(text, &["request.beacon.keepalive=false"]), "beacon")[0].2, 3120.0);
    assert_eq!(calls(&found, "new")[0].0, 3120.0);
    // Six EventSources of the old page are in its way for ever (measured: more than 30 s).
    let streams = "
page.old.left_by = 'document.headers'
socket.events = { kind = 'event-source', count = 6, page = 'old' }
request.one = {}
request.document = { start = '500ms', priority = 'highest' }";
    assert_eq!(calls(&rows(streams, &["request.one.start='90s'"]), "document")[0].1, NEVER);
    assert_eq!(calls(&rows(streams, &["socket.events.count=5", "request.one.start='90s'"]), "document")[0].1, 500.0);
}

#[test]
fn tabs_show_different_pages_and_a_tab_that_closes_frees_its_connections() {
    // Seven tabs with an EventSource each: the call of the seventh waits until another is closed.
    let text = "
browser = { tabs = 7, tab_interval = '100ms' }
page.first = { tabs = [0], closes = '20s' }
page.others.tabs = [1, 2, 3, 4, 5, 6]
socket.a = { kind = 'event-source', page = 'first' }
socket.b = { kind = 'event-source', page = 'others' }
request.one = { page = 'others', start = '5s' }"
        .replace("browser = { tabs = 7, tab_interval = '100ms' }", "browser.tabs = 7\nbrowser.tab_interval = '100ms'");
    let found = rows(&text, &[]);
    let of = |name: &str| found.iter().filter(|row| row.name == name).count();
    assert_eq!((of("a"), of("b"), of("one")), (1, 6, 6));
    let sent = |rows: &[Row]| calls(rows, "one").iter().map(|call| call.1).fold(0.0, f64::max);
    let (opened, at) = (calls(&found, "b")[5].1, sent(&found));
    // The last EventSource had waited before them: all six are taken again.
    assert!(opened == 20_000.0 && at == NEVER, "{opened} {at}");
    let fewer = rows(&text, &["browser.tabs=6"]);
    assert!((sent(&fewer) - 20_000.0).abs() < 2.0, "{}", sent(&fewer));
    assert_eq!(sent(&rows(&text, &["browser.tabs=6", "page.first.closes='90s'"])), NEVER);
    // The others open when the first is closed: nothing is in their way. Their times count from there.
    let later = rows(&text, &["browser.tabs=6", "page.others.opens='20500ms'"]);
    assert_eq!(calls(&later, "b").iter().map(|call| call.0).fold(f64::MAX, f64::min), 20_500.0);
    assert!((sent(&later) - 25_500.0).abs() < 2.0, "{}", sent(&later));
}

#[test]
fn what_cannot_cancel_is_refused() {
    for (text, why) in [
        ("request.one = { cancelled_by = 'two.ok' }", "there is no request or socket `two`"),
        ("request.one = { cancelled_by = 'one[0].ok' }", "write \"NAME.EVENT\""),
        ("socket.s.kind = 'websocket'\nrequest.one = { unmounted_by = 's.end' }", "a socket has one event: `open`"),
        ("request.one = { cancel_aborts = false }", "`cancel_aborts` requires `cancelled_by`"),
        ("request.one = { page = 'home' }", "there is no table [page.NAME] called `home`"),
        ("page.home.tabs = []\nrequest.one = {}", "no tab shows the page"),
        ("page.home.opens = '1s'\nrequest.one = {}", "`opens` requires `tabs`"),
        (
            "page.a = { tabs = [0], opens = '1s' }\npage.b = { tabs = [1, 0], opens = '2s' }\nrequest.one = {}",
            "another page opens tab 0 too",
        ),
        ("page.home.tabs = [1000]\nrequest.one = {}", "1000 is over the limit of 999"),
    ] {
        let said = refusal(text);
        assert!(said.contains(why), "{text}: {said}");
    }
}
