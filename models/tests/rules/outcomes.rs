//! Outcomes of calls: statuses, refused and reset connections, refused handshakes, full servers; and what follows them.

use crate::simulate::{Row, simulate};
use sixslot_models::class::Failure;
use sixslot_models::load::Outcome;
use sixslot_models::{Document, Extent, Load, Plan};

fn text(text: &str) -> String {
    format!(
        "schema = 1\nhorizon = '60s'\nload.ready = ['one']\nbrowser.connect = '0ms'\nbrowser.dispatch = '0ms'\nbrowser.event_source_delay = '0ms'\n{text}"
    )
}

fn rows(scenario: &str, sets: &[&str]) -> Vec<Row> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    simulate(scenario, &text(scenario), &sets)
}

fn plan(scenario: &str) -> Plan {
    let document = Document::read("a.toml", &text(scenario), &[]);
    document.unwrap_or_else(|error| panic!("{error}")).plan(&[], &[]).unwrap()
}

fn ms(time: Option<sixslot_sim_core::Time>) -> f64 {
    time.map_or(f64::NAN, |time| time.as_millis_f64())
}

/// The calls of a request: when each was issued and ended, and how.
fn calls(rows: &[Row], name: &str) -> Vec<(f64, f64, Outcome, u16)> {
    let of = rows.iter().filter(|row| row.name == name).map(|row| &row.request);
    of.map(|one| (one.issued.as_millis_f64(), ms(one.ended), one.outcome, one.status)).collect()
}

/// Whether a number of successes among independent trials is within four standard errors of its probability.
fn fits(successes: usize, trials: usize, share: f64) -> bool {
    let error = (share * (1.0 - share) / trials as f64).sqrt();
    (successes as f64 / trials as f64 - share).abs() < 4.0 * error
}

#[test]
fn statuses_have_their_shares_and_a_smaller_share_fails_a_subset() {
    let many = "request.one = { count = 6000, status = { 200 = 0.9, 503 = 0.07, 500 = 0.03 } }\nbrowser.profile = 'as-reported'";
    let statuses = |sets: &[&str]| -> Vec<u16> { rows(many, sets).iter().map(|row| row.request.status).collect() };
    let found = statuses(&[]);
    for (status, share) in [(200, 0.9), (503, 0.07), (500, 0.03)] {
        let number = found.iter().filter(|other| **other == status).count();
        assert!(fits(number, found.len(), share), "{status}: {number} of {}", found.len());
    }
    let fewer = statuses(&["request.one.status={ 503 = 0.02, 500 = 0.03 }"]);
    assert!(found.iter().zip(&fewer).all(|(before, after)| *before != 200 || *after == 200));
    let number = fewer.iter().filter(|status| **status != 200).count();
    assert!(fits(number, fewer.len(), 0.05), "{number}");
    // With a share that is uniform over loads, the number of failures among ten is uniform from 0 to 10.
    let shared = "parameters.down = { distribution = 'uniform', low = 0, high = 1 }\nrequest.one = { count = 10, status = { 503 = 'down' } }";
    let (plan, mut load) = (plan(shared), Load::new());
    let mut extreme = 0;
    for number in 0..400 {
        load.simulate(&plan, 1, number, Extent::Whole).unwrap();
        let failed = load.requests().iter().filter(|request| request.status == 503).count();
        extreme += usize::from([0, 10].contains(&failed));
    }
    assert!(fits(extreme, 400, 2.0 / 11.0), "{extreme}");
}

#[test]
fn a_5xx_is_an_answer_whose_connection_lives_and_a_reset_closes_it() {
    let after = "
browser.connections = 1
request.one = { service = '100ms', body = '200ms' }
request.two = { start = '1s' }";
    let seen = |sets: &[&str]| {
        let rows = rows(after, sets);
        let two = rows.iter().find(|row| row.name == "two").unwrap();
        (calls(&rows, "one")[0], rows[0].request.failure, two.request.connection)
    };
    assert_eq!(seen(&[]), ((0.0, 300.0, Outcome::Ok, 200), None, Some(1)));
    let status = Some(Failure::Status(503));
    assert_eq!(seen(&["request.one.status={ 503 = 1 }"]), ((0.0, 300.0, Outcome::Failed, 503), status, Some(1)));
    // fetch() alone resolves.
    let resolves = seen(&["request.one.status={ 503 = 1 }", "request.one.fails_on=[]"]);
    assert_eq!(resolves, ((0.0, 300.0, Outcome::Ok, 503), None, Some(1)));
    let server = seen(&["request.one.status={ 404 = 1 }", "request.one.fails_on=['5xx']"]);
    assert_eq!(server, ((0.0, 300.0, Outcome::Ok, 404), None, Some(1)));
    // Half of the body, and the next request opens a connection.
    let reset = Some(Failure::Reset);
    assert_eq!(seen(&["request.one.reset=1"]), ((0.0, 200.0, Outcome::Failed, 200), reset, Some(2)));
    // Over HTTP/2 only the stream ends.
    let stream = seen(&["request.one.reset=1", "server.protocol='h2'"]);
    assert_eq!(stream, ((0.0, 200.0, Outcome::Failed, 200), reset, Some(1)));
    // A page that does not read the body fails at the headers, and once.
    let unread = "request.one = { service = '100ms', body = '1s', reads_body = false, status = { 500 = 1 }, retry.attempts = 2 }";
    let issued: Vec<f64> = calls(&rows(unread, &[]), "one").iter().map(|call| call.0).collect();
    assert_eq!(issued, [0.0, 100.0]);
}

#[test]
fn a_refused_connection_is_an_error_at_once_and_holds_no_slot() {
    let text = "
browser.connections = 2
request.busy = { count = 2, service = '1s' }
request.one = { start = '100ms', count = 3, refused = 1 }
";
    let found = rows(text, &[]);
    assert_eq!(calls(&found, "one"), [(100.0, 100.0, Outcome::Failed, 200); 3]);
    let free = |row: &&Row| row.name == "one" && row.request.slot_from.is_none() && row.request.sent.is_none();
    assert_eq!(found.iter().filter(free).count(), 3);
    assert_eq!(calls(&rows(text, &["request.one.refused=0"]), "one"), [(100.0, 1000.0, Outcome::Ok, 200); 3]);
    // The SYN and its RST take a round trip.
    let far = calls(&rows(text, &["server.rtt='80ms'"]), "one");
    assert_eq!(far, [(100.0, 180.0, Outcome::Failed, 200); 3]);
}

#[test]
fn a_retry_follows_the_failures_that_it_names_after_its_pauses() {
    let text = "
request.one = { service = '100ms', status = { 503 = 1 }, retry_after = '700ms', retry = { attempts = 4, backoff = ['200ms', '1s'] } }
load.error = { request = 'one', failures = 9 }";
    let issued = |sets: &[&str]| -> Vec<f64> { calls(&rows(text, sets), "one").iter().map(|call| call.0).collect() };
    assert_eq!(issued(&[]), [0.0, 800.0, 1900.0, 3000.0]);
    assert_eq!(issued(&["request.one.retry.follows_retry_after=false"]), [0.0, 300.0, 1400.0, 2500.0]);
    // Retry-After is of 429 and 503 only.
    assert_eq!(issued(&["request.one.status={ 500 = 1 }"]), [0.0, 300.0, 1400.0, 2500.0]);
    for (on, status, retries) in [
        ("['503']", "{ 503 = 1 }", true),
        ("['5xx', 'network']", "{ 503 = 1 }", true),
        ("['network', 'timeout', '4xx']", "{ 503 = 1 }", false),
        ("['429']", "{ 429 = 1 }", true),
    ] {
        let sets = [format!("request.one.retry.on={on}"), format!("request.one.status={status}")];
        let found = issued(&sets.each_ref().map(String::as_str)).len();
        assert_eq!(found, if retries { 4 } else { 1 }, "{on} {status}");
    }
    for (set, on, retries) in [
        ("request.one.refused=1", "['network']", true),
        ("request.one.reset=1", "['network']", true),
        ("request.one.refused=1", "['timeout', '5xx']", false),
        ("request.one.deadline='50ms'", "['timeout']", true),
        ("request.one.deadline='50ms'", "['network', '5xx']", false),
    ] {
        let found = issued(&[set, &format!("request.one.retry.on={on}")]).len();
        assert_eq!(found, if retries { 4 } else { 1 }, "{set} {on}");
    }
    // Jitter: the mean of a uniform between half of the pause and the whole.
    let many = "request.one = { count = 2000, service = '0ms', status = { 500 = 1 }, retry = { attempts = 2, backoff = ['1s'], jitter = 0.5 } }
browser.profile = 'as-reported'\nbrowser.connections = 2000\nbrowser.connections_total = 9000";
    let rows = rows(many, &[]);
    let pauses: Vec<f64> = calls(&rows, "one").iter().map(|call| call.0).filter(|at| *at > 0.0).collect();
    let mean = pauses.iter().sum::<f64>() / pauses.len() as f64;
    assert!(pauses.len() == 2000 && pauses.iter().all(|pause| (500.0..=1000.0).contains(pause)));
    assert!((mean - 750.0).abs() < 4.0 * 500.0 / (12.0_f64 * 2000.0).sqrt(), "{mean}");
}

#[test]
fn attempts_until_a_success_are_geometric() {
    let text = "
request.one = { count = 5000, status = { 503 = 0.4 }, retry.attempts = 100 }
browser.profile = 'as-reported'";
    let rows = rows(text, &[]);
    let needs = |attempt: u32| rows.iter().filter(|row| row.request.attempt == attempt).count();
    // A call is made if all before it failed.
    for (attempt, share) in [(2, 0.4), (3, 0.16), (4, 0.064), (5, 0.0256)] {
        assert!(fits(needs(attempt), 5000, share), "{attempt}: {}", needs(attempt));
    }
}

#[test]
fn a_socket_that_does_not_open_tries_again_and_its_pauses_grow() {
    let text = "
socket.live = { kind = 'websocket', handshake = '100ms', handshake_fails = 1, reconnect = '1s', reconnect_factor = 2, reconnect_at_most = '5s' }
socket.next = { kind = 'websocket', opens = '10ms' }
request.one = { after = 'live.open' }";
    let opened =
        |sets: &[&str]| -> Vec<f64> { calls(&rows(text, sets), "live").iter().map(|call| call.0).take(6).collect() };
    assert_eq!(opened(&[]), [0.0, 1100.0, 3200.0, 7300.0, 12400.0, 17500.0]);
    assert_eq!(opened(&["socket.live.reconnect_factor=1"])[..3], [0.0, 1100.0, 2200.0]);
    assert_eq!(opened(&["socket.live.handshake_fails=0"]), [0.0]);
    // Refused at once.
    assert_eq!(opened(&["socket.live.refused=1"])[..4], [0.0, 1000.0, 3000.0, 7000.0]);
    let rows = rows(text, &[]);
    // It never opens; the next handshake of the host goes on after each failure.
    assert!(rows.iter().all(|row| row.name != "one"));
    assert_eq!(calls(&rows, "next").len(), 1);
    assert!((ms(rows.iter().find(|row| row.name == "next").unwrap().request.sent) - 100.0).abs() < 1.0);
    // An EventSource reconnects after a refused connection, and not after a status.
    let source = "socket.live.kind='event-source'";
    assert_eq!(opened(&[source]), [0.0]);
    assert_eq!(opened(&[source, "socket.live.refused=1"])[..3], [0.0, 1000.0, 3000.0]);
    // After an opening that succeeded the first pause is short again.
    let closes = opened(&["socket.live.handshake_fails=0", "socket.live.lasts='1s'"]);
    assert_eq!(closes[..3], [0.0, 2100.0, 4200.0]);
}

#[test]
fn a_server_whose_queue_is_full_answers_at_once() {
    let text = "
server = { discipline = 'fifo', workers = 2, queue = { limit = 1, retry_after = '3s' } }
request.one = { count = 5, work = '1s', body = '100ms', retry = { attempts = 2, backoff = ['1ms'] } }";
    let found = calls(&rows(text, &[]), "one");
    let (turned, ok) = (Outcome::Failed, Outcome::Ok);
    let first = [(0.0, 1100.0, ok, 200), (0.0, 1100.0, ok, 200), (0.0, 2100.0, ok, 200)];
    assert_eq!(found[..3], first);
    assert_eq!(found[3..5], [(0.0, 0.0, turned, 503); 2]);
    // They come again after Retry-After.
    assert_eq!(found[5..], [(3000.0, 4100.0, ok, 200); 2]);
    let shared = calls(&rows(text, &["server.discipline='processor-sharing'"]), "one");
    assert_eq!(shared.iter().filter(|call| call.3 == 503).count(), 2);
    assert!(calls(&rows(text, &["server.queue.limit=3"]), "one").iter().all(|call| call.3 == 200));
}

#[test]
fn failure_is_judged_where_a_call_can_fail() {
    let fails = |scenario: &str| {
        let (plan, mut load) = (plan(scenario), Load::new());
        load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
        (plan.load().can_fail, load.verdict().failed)
    };
    assert_eq!(fails("request.one = {}"), (false, false));
    assert_eq!(fails("request.one.status = { 503 = 1 }"), (true, true));
    assert_eq!(fails("request.one = { status = { 503 = 1 }, fails_on = [] }"), (false, false));
    assert_eq!(fails("request.one.reset = 1"), (true, true));
    assert_eq!(fails("request.one.refused = 0"), (true, false));
    assert_eq!(
        fails("server = { discipline = 'fifo', queue.limit = 0 }\nrequest.one = { count = 2, work = '1s' }"),
        (true, true)
    );
    let error = "load.error = { request = 'one', failures = 3 }\nload.fails = 'error-shown'\n";
    assert_eq!(fails(&format!("{error}request.one.status = {{ 503 = 1 }}")), (false, false));
    assert_eq!(fails(&format!("{error}request.one = {{ status = {{ 503 = 1 }}, retry.attempts = 3 }}")), (true, true));
    // Only timeouts are retried, and there are none.
    let retry = "retry = { attempts = 3, on = ['timeout'] }";
    assert_eq!(fails(&format!("{error}request.one = {{ status = {{ 503 = 1 }}, {retry} }}")), (false, false));
    // Without `error` a call is judged after its retries; here there is none.
    assert_eq!(fails(&format!("request.one = {{ status = {{ 503 = 1 }}, {retry} }}")), (true, true));
}

#[test]
fn error_answers_are_not_stored() {
    let text = "request.one = { url = '/one', every = '1s', response_cache_control = 'max-age=60', service = '100ms', status = { 503 = 1 } }";
    let sent = |sets: &[&str]| rows(text, sets).iter().filter(|row| row.request.sent.is_some()).count();
    assert!(sent(&[]) > 50 && sent(&["request.one.status={ 203 = 1 }"]) == 1);
}
