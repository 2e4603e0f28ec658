//! What an origin speaks and costs, and what instances are given one by one: each key has a test that fails without it.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/simulate.rs"]
mod simulate;

use simulate::{Row, simulate};
use sixslot_models::load::{Outcome, Station};

/// Plays a page in Chromium, where connecting and dispatching cost nothing but what the text says.
fn page(text: &str) -> Vec<Row> {
    page_with("0ms", text)
}

/// The same, where opening a connection takes a time.
fn page_with(connect: &str, text: &str) -> Vec<Row> {
    let head =
        "schema = 1\nhorizon = '60s'\nload.ready = ['z']\nrequest.z = { start = '50s' }\nbrowser.dispatch = '0ms'";
    simulate("origins", &format!("{head}\nbrowser.connect = '{connect}'\n{text}"), &[])
}

fn calls<'a>(rows: &'a [Row], name: &str) -> Vec<&'a Row> {
    rows.iter().filter(|row| row.name == name).collect()
}

/// When the server had the calls of a class, in ms, in the order of their times.
fn sent(rows: &[Row], name: &str) -> Vec<f64> {
    let mut times: Vec<f64> = calls(rows, name).iter().filter_map(|row| row.sent()).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn connections(rows: &[Row], name: &str) -> Vec<u32> {
    calls(rows, name).iter().filter_map(|row| row.request.connection).collect()
}

#[test]
fn one_page_speaks_http_2_with_one_origin_and_http_1_with_another() {
    let text = "
        origin.cdn = { protocol = 'h2' }
        request.own = { count = 8, service = '100ms' }
        request.scripts = { count = 8, origin = 'cdn', service = '100ms' }
    ";
    let rows = page(text);
    assert_eq!(sent(&rows, "own"), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0, 100.0]);
    assert_eq!(sent(&rows, "scripts"), [0.0; 8]);
    let mut one = connections(&rows, "scripts");
    one.dedup();
    assert_eq!(one.len(), 1);
    let h3 = page(&text.replace("h2", "h3"));
    assert_eq!(sent(&h3, "scripts"), [0.0; 8]);
    let h1 = page(&text.replace("h2", "h1"));
    assert_eq!(sent(&h1, "scripts"), sent(&h1, "own"));
}

#[test]
fn streams_have_a_limit_of_their_own_for_each_origin() {
    let text = |streams: &str| {
        format!(
            "origin.a = {{ protocol = 'h2'{streams} }}\norigin.b = {{ protocol = 'h2' }}\n\
             request.a = {{ count = 101, origin = 'a', service = '100ms' }}\n\
             request.b = {{ count = 101, origin = 'b', service = '100ms' }}"
        )
    };
    let late = |rows: &[Row], name: &str| sent(rows, name).iter().filter(|at| **at > 0.0).count();
    let rows = page(&text(", max_concurrent_streams = 40"));
    assert_eq!((late(&rows, "a"), late(&rows, "b")), (61, 1));
    assert_eq!(sent(&rows, "a")[100], 200.0);
    assert_eq!(late(&page(&text("")), "a"), 1);
}

#[test]
fn an_abort_over_http_2_leaves_the_connection_open() {
    let text = |protocol: &str| {
        format!(
            "server.protocol = '{protocol}'\nserver.connect = '10ms'\n\
             request.aborted = {{ service = '1s', deadline = '300ms' }}\nrequest.next = {{ start = '500ms' }}"
        )
    };
    let h2 = page(&text("h2"));
    assert_eq!(calls(&h2, "aborted")[0].request.outcome, Outcome::Aborted);
    assert_eq!((connections(&h2, "next"), sent(&h2, "next")), (vec![1], vec![500.0]));
    let h1 = page(&text("h1"));
    assert_eq!((connections(&h1, "next"), sent(&h1, "next")), (vec![2], vec![510.0]));
}

#[test]
fn the_scheduler_holds_nothing_back_from_an_origin_that_multiplexes() {
    let text = |rules: &str| {
        format!(
            "{rules}\nrequest.six = {{ count = 6, service = '1s' }}\n\
             request.low = {{ count = 12, start = '100ms', priority = 'low', service = '100ms' }}"
        )
    };
    assert_eq!(sent(&page(&text("server.protocol = 'h2'")), "low"), [100.0; 12]);
    assert_eq!(sent(&page(&text("browser.connections = 20")), "low")[0], 1000.0);
}

#[test]
fn a_connection_costs_what_its_origin_says_or_else_the_browser() {
    let text = "
        origin.far = { connect = '80ms' }
        origin.random = { connect = { distribution = 'uniform', low = '10ms', high = '20ms' } }
        request.own = {}
        request.far = { origin = 'far' }
        request.again = { origin = 'far', start = '200ms' }
        request.random = { origin = 'random', count = 3, service = '1s' }
        socket.mux = { kind = 'websocket', origin = 'far' }
    ";
    let rows = page_with("3ms", text);
    assert_eq!(sent(&rows, "own"), [3.0]);
    assert_eq!(sent(&rows, "far"), [80.0]);
    assert_eq!(sent(&rows, "again"), [200.0], "on the open connection");
    assert_eq!(sent(&rows, "mux"), [80.0]);
    assert_eq!(calls(&rows, "far")[0].request.spent(Station::Connect).as_millis_f64(), 80.0);
    let drawn = sent(&rows, "random");
    assert!(
        drawn.iter().all(|at| (10.0..20.0).contains(at)) && drawn[0] < drawn[1] && drawn[1] < drawn[2],
        "{drawn:?}"
    );
    assert_eq!(drawn, sent(&page_with("3ms", text), "random"));
    // Over HTTP/2 all wait for the one connection.
    let rows = page("server = { protocol = 'h2', connect = '80ms' }\nrequest.own = { count = 9 }");
    assert_eq!(sent(&rows, "own"), [80.0; 9]);
}

#[test]
fn a_connection_that_closes_after_its_answer_is_paid_for_by_every_request() {
    let text = |keep_alive: &str| {
        format!(
            "server = {{ connect = '10ms'{keep_alive} }}\nbrowser.connections = 1\nrequest.a = {{ count = 3, service = '100ms' }}"
        )
    };
    let rows = page(&text(", keep_alive = '0s'"));
    assert_eq!(sent(&rows, "a"), [10.0, 120.0, 230.0]);
    assert_eq!(connections(&rows, "a"), [1, 2, 3]);
    assert_eq!(sent(&page(&text("")), "a"), [10.0, 110.0, 210.0]);
    // A session over HTTP/2 closes when its last stream has ended.
    let text = "server = { protocol = 'h2', connect = '10ms', keep_alive = '0s' }
        request.a = { count = 3, service = '100ms' }
        request.b = { start = '50ms', service = '100ms' }
        request.c = { start = '300ms' }";
    let rows = page(text);
    assert_eq!((sent(&rows, "a"), sent(&rows, "b")), (vec![10.0; 3], vec![50.0]));
    assert_eq!((sent(&rows, "c"), connections(&rows, "c")), (vec![310.0], vec![2]));
    let rows = page(&text.replace("0s", "5s"));
    assert_eq!((sent(&rows, "c"), connections(&rows, "c")), (vec![300.0], vec![1]));
}

#[test]
fn sessions_count_among_all_connections_and_idle_ones_make_room() {
    let text = "
        browser.connections_total = 2
        origin.a = { protocol = 'h2' }
        origin.b = { protocol = 'h2' }
        request.a = { origin = 'a', count = 5, service = '100ms' }
        request.b = { origin = 'b', count = 5, service = '300ms' }
        request.own = { service = '100ms' }
    ";
    let rows = page(text);
    assert_eq!((sent(&rows, "a"), sent(&rows, "b")), (vec![0.0; 5], vec![0.0; 5]));
    assert_eq!(sent(&rows, "own"), [100.0]);
}

#[test]
fn each_copy_has_what_its_entry_says_and_the_rest_of_its_class() {
    let text = "
        browser.connections = 1
        [request.first]
        service = '100ms'
        [request.a]
        url = '/common/{index}'
        service = '10ms'
        body = '1ms'
        body_bytes = 5
        start = '20ms'
        each = [
            {},
            { url = '/own', service = '20ms', body = '2ms', body_bytes = 6, method = 'POST' },
            { start = '30ms', priority = 'highest', stalled = '4ms' },
            { after = 'first.sent', delay = '40ms' },
        ]
    ";
    let document =
        sixslot_models::Document::read("each", &format!("schema = 1\nload.ready = ['a']\n{text}"), &[]).unwrap();
    let plan = document.plan(&[], &[]).unwrap();
    let class = plan.classes().iter().find(|class| class.name == "a").unwrap();
    let urls: Vec<String> = (0..4).map(|index| class.copy(index).url.expand(index, 0)).collect();
    assert_eq!(urls, ["/common/0", "/own", "/common/2", "/common/3"]);
    assert_eq!([0, 1, 2].map(|index| class.copy(index).body_bytes), [Some(5), Some(6), Some(5)]);
    assert_eq!([0, 1].map(|index| class.copy(index).cacheable), [true, false]);
    let rows = page(text);
    let a = calls(&rows, "a");
    let times = |row: &Row, index: u32| (row.request.index == index).then(|| row.request.issued.as_millis_f64());
    let issued = |index| a.iter().find_map(|row| times(row, index)).unwrap();
    assert_eq!([0, 1, 2, 3].map(issued), [20.0, 20.0, 30.0, 40.0]);
    // One connection: the urgent instance goes first when it is free at 100 ms, then the others as they came.
    let at = |index| a.iter().find(|row| row.request.index == index).and_then(|row| row.sent()).unwrap();
    assert_eq!([0, 1, 2, 3].map(at), [111.0, 122.0, 100.0, 144.0]);
}

#[test]
fn a_stall_holds_a_request_at_the_page_and_a_deadline_strikes_there_too() {
    let text = "
        browser.connections = 1
        request.first = { service = '10ms' }
        request.a = { stalled = '30ms', service = '5ms' }
        request.b = { start = '1s', stalled = '30ms', deadline = '20ms' }
        request.c = { start = '2s', stalled = '10ms', queue = 'q', service = '5ms', count = 2 }
        queue.q = { limit = 1 }
        request.d = { start = '3s', stalled = '10ms', dedupe = true, count = 2, url = '/d', service = '5ms' }
    ";
    let rows = page(text);
    let held = |row: &Row| row.request.spent(Station::Page).as_millis_f64();
    let a = calls(&rows, "a")[0];
    assert_eq!((a.request.issued.as_millis_f64(), held(a), a.sent()), (0.0, 30.0, Some(30.0)));
    let b = calls(&rows, "b")[0];
    assert_eq!((b.request.outcome, held(b), b.sent()), (Outcome::Aborted, 20.0, None));
    assert_eq!(b.request.last_station(), Station::Page);
    assert_eq!(sent(&rows, "c"), [2010.0, 2015.0]);
    let d = calls(&rows, "d");
    assert_eq!((d[0].sent(), d[1].request.outcome, held(d[1])), (Some(3010.0), Outcome::Coalesced, 15.0));
}
