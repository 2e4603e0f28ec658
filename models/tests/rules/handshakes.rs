//! How long a browser delays a WebSocket after others have failed.

use crate::simulate::{Row, simulate};

/// Sockets that shake hands for 20 ms and open again after 50 ms, as in docs/browser-rules.md.
fn rows(profile: &str, scenario: &str) -> Vec<Row> {
    let head = "schema = 1\nhorizon = '400s'\nload.ready = ['one']\nrequest.one = {}\nbrowser.connect = '0ms'\nbrowser.dispatch = '0ms'";
    simulate(scenario, &format!("{head}\nbrowser.profile = '{profile}'\n{scenario}"), &[])
}

/// The sockets of a name, in the order in which they were made: when, and when their handshakes were sent.
fn made(rows: &[Row], name: &str) -> Vec<(f64, f64)> {
    let of = rows.iter().filter(|row| row.name == name);
    of.map(|row| (row.request.issued.as_millis_f64(), row.sent().unwrap_or(f64::INFINITY))).collect()
}

fn delays(rows: &[Row], name: &str) -> Vec<f64> {
    made(rows, name).iter().map(|(issued, sent)| sent - issued).collect()
}

/// The least and the greatest delay of Chromium with an exponent, in ms.
fn bounds(exponent: u64) -> (f64, f64) {
    let delay = |draw: u64| (draw << exponent.min(16)) as f64 / 65536.0;
    (delay(1000).floor(), delay(5000).floor())
}

const FAILS: &str = "kind = 'websocket', handshake = '20ms', handshake_fails = 1, reconnect = '50ms'";

#[test]
fn chromium_doubles_the_delay_with_each_failure_up_to_5_s() {
    let found = delays(&rows("chromium", &format!("socket.web = {{ {FAILS} }}")), "web");
    // The first period ends at 120 s; there is no socket without a failure before it.
    for (failed, delay) in found.iter().take(40).enumerate() {
        let (least, most) = bounds(failed as u64 + 1);
        assert!((least..=most).contains(delay) && delay.fract() == 0.0, "{failed}: {delay}");
    }
    assert_eq!(found[..3], [0.0; 3]);
    // Those at the limit are uniform from 1 to 5 s.
    let at_limit = &found[16..40];
    let mean = at_limit.iter().sum::<f64>() / at_limit.len() as f64;
    assert!((mean - 3000.0).abs() < 4.0 * 4000.0 / (12.0 * at_limit.len() as f64).sqrt(), "{mean}");
    // An open socket halves the exponent, and the first two beside it.
    let text = format!("socket.open = {{ kind = 'websocket' }}\nsocket.web = {{ opens = '1ms', {FAILS} }}");
    let beside = rows("chromium", &text);
    let before = rows("chromium", &format!("browser.websockets_before = 1\nsocket.web = {{ {FAILS} }}"));
    for found in [delays(&beside, "web"), delays(&before, "web")] {
        for (failed, delay) in found.iter().take(30).enumerate() {
            let (least, most) = bounds(failed as u64 / 2 + 1);
            assert!((least..=most).contains(delay), "{failed}: {delay}");
        }
    }
    // Another tab knows nothing of it.
    let tabs = rows("chromium", &format!("browser.tabs = 2\nbrowser.tab_interval = '2s'\nsocket.web = {{ {FAILS} }}"));
    let second: Vec<f64> = tabs.iter().filter(|row| row.name == "web" && row.request.tab == 1).map(issued).collect();
    assert!(second[..4].windows(2).all(|pair| pair[1] - pair[0] < 72.0), "{second:?}");
}

fn issued(row: &Row) -> f64 {
    row.request.issued.as_millis_f64()
}

#[test]
fn chromium_delays_many_sockets_that_open_at_once() {
    let found = made(&rows("chromium", "socket.web = { kind = 'websocket', count = 18 }"), "web");
    for (before, (_, sent)) in found.iter().enumerate() {
        let (least, most) = bounds(before as u64 + 1);
        assert!((least..=most).contains(sent), "{before}: {sent}");
    }
    assert_eq!(made(&rows("firefox", "socket.web = { kind = 'websocket', count = 18 }"), "web"), [(0.0, 0.0); 18]);
}

#[test]
fn chromium_forgets_failures_at_the_end_of_a_period_without_openings() {
    let text = "socket.web = { kind = 'websocket', handshake_fails = 1, reconnect = '10s' }";
    let found = made(&rows("chromium", text), "web");
    let last = found.iter().rfind(|(issued, _)| *issued < 120_000.0).unwrap();
    let next = found.iter().find(|(issued, _)| *issued > 120_000.0).unwrap();
    assert!(last.1 - last.0 >= 31.0 && next.1 - next.0 == 0.0, "{last:?} {next:?}");
    // One that has opened keeps them for another period.
    let text = format!("{text}\nsocket.open = {{ kind = 'websocket', opens = '1s' }}");
    let found = made(&rows("chromium", &text), "web");
    let exponent = |from: f64, until: f64, opened: u64| -> (f64, f64) {
        let failed = found.iter().filter(|(issued, _)| (from..until).contains(issued)).count() as u64;
        bounds(1 + failed / (opened + 1))
    };
    let (issued, sent) = *found.iter().rfind(|(issued, _)| *issued < 240_000.0).unwrap();
    let (least, most) = exponent(0.0, issued, 1);
    assert!((least..=most).contains(&(sent - issued)), "{issued} {sent} {least}");
}

#[test]
fn firefox_waits_half_as_long_again_after_each_failure_up_to_a_minute() {
    let text = "socket.web = { kind = 'websocket', handshake_fails = 1, reconnect = '1ms' }";
    let found = delays(&rows("firefox", text), "web");
    // The delay counts from the failure: the page's own pause is part of it.
    let mut delay = found[1] as u64 + 1;
    assert!(found[0] == 0.0 && (200..=399).contains(&delay), "{found:?}");
    for (number, found) in found.iter().enumerate().skip(1).take_while(|(_, found)| found.is_finite()) {
        assert_eq!(*found, delay as f64 - 1.0, "{number}");
        delay = (delay * 3 / 2).min(60_000);
    }
    assert!(found.contains(&59_999.0), "{found:?}");
    let paused = delays(&rows("firefox", &text.replace("1ms", "150ms")), "web");
    assert_eq!(paused[1], found[1] - 149.0);
    // A first delay is uniform over 200 values.
    let many = "
browser.websocket_one_handshake = false
browser.connections = 900
socket.web = { kind = 'websocket', count = 400, url = '/{index}', handshake_fails = 1 }
socket.again = { kind = 'websocket', count = 400, url = '/{index}', opens = '1ms' }";
    let found = delays(&rows("firefox", many), "again");
    let mean = found.iter().sum::<f64>() / 400.0 + 1.0;
    assert!(found.len() == 400 && found.iter().all(|delay| (199.0..=398.0).contains(delay)), "{found:?}");
    assert!((mean - 299.5).abs() < 4.0 * 200.0 / (12.0_f64 * 400.0).sqrt(), "{mean}");
}

#[test]
fn firefox_remembers_failures_by_path_until_a_socket_opens() {
    let socket = |name: &str, url: &str, opens: &str, fails: u8| {
        format!(
            "socket.{name} = {{ kind = 'websocket', url = '{url}', opens = '{opens}', handshake_fails = {fails} }}\n"
        )
    };
    // One of the same path waits, whatever its query; one of another path does not.
    let failed = socket("a", "/a?1", "0ms", 1) + &socket("b", "/a?2", "10ms", 1);
    let found = rows("firefox", &(failed.clone() + &socket("c", "/c", "500ms", 1)));
    let [a, b, c] = ["a", "b", "c"].map(|name| delays(&found, name)[0]);
    assert!(a == 0.0 && (190.0..=389.0).contains(&b) && c == 0.0, "{a} {b} {c}");
    // Others of its host wait behind the one that is delayed, those of paths that have not failed first.
    let behind = failed + &socket("late", "/a?3", "20ms", 1) + &socket("new", "/new", "30ms", 0);
    let found = rows("firefox", &behind);
    let [b, new, late] = ["b", "new", "late"].map(|name| made(&found, name)[0].1);
    assert!(b == new && late > new + 299.0, "{b} {new} {late}");
    // Without turns nothing waits behind another one.
    let found = rows("firefox", &format!("browser.websocket_one_handshake = false\n{behind}"));
    assert_eq!(made(&found, "new"), [(30.0, 30.0)]);
    // After an opening there is nothing to wait for.
    let opened = socket("a", "/a", "0ms", 1) + &socket("b", "/a", "10ms", 0) + &socket("c", "/a", "500ms", 1);
    let found = rows("firefox", &opened);
    assert!(delays(&found, "b")[0] > 0.0 && delays(&found, "c") == [0.0]);
    // A minute beyond its delay a failure is forgotten, and the next one is a first one again.
    let after = |pause: &str, next: &str| {
        let text = socket("a", "/a", "0s", 1) + &socket("b", "/a", pause, 1) + &socket("c", "/a", next, 1);
        let found = rows("firefox", &text);
        (delays(&found, "b")[0], delays(&found, "c")[0])
    };
    let first = after("1ms", "30s").0 + 1.0;
    assert_eq!(after("59s", "59.001s"), (0.0, (first * 1.5).floor() - 1.0));
    let (none, again) = after("61s", "61.001s");
    assert!(none == 0.0 && (199.0..=398.0).contains(&again) && again != (first * 1.5).floor() - 1.0, "{first} {again}");
}

#[test]
fn firefox_counts_a_socket_that_the_page_closes_while_it_opens_only_as_a_first_failure() {
    let text = "
request.stop = { service = '50ms' }
socket.web = { kind = 'websocket', url = '/web', handshake = '10s', cancelled_by = 'stop.ok' }
socket.next = { kind = 'websocket', url = '/web', opens = '60ms', handshake_fails = 1 }";
    let first = delays(&rows("firefox", text), "next")[0] + 10.0;
    assert!((200.0..=399.0).contains(&first), "{first}");
    // The next one is closed while it is delayed, and delays nothing further.
    let closed = "
request.close = { service = '100ms' }
socket.next = { kind = 'websocket', url = '/web', opens = '60ms', cancelled_by = 'close.ok' }
socket.last = { kind = 'websocket', url = '/web', opens = '150ms' }";
    let text = text.lines().filter(|line| !line.contains("next")).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(made(&rows("firefox", &format!("{text}{closed}")), "last"), [(150.0, 50.0 + first)]);
    // In Chromium each counts.
    let many = "
request.stop = { service = '50ms' }
socket.web = { kind = 'websocket', count = 10, handshake = '10s', cancelled_by = 'stop.ok' }
socket.next = { kind = 'websocket', opens = '10s' }";
    let (least, most) = bounds(11);
    assert!((least..=most).contains(&delays(&rows("chromium", many), "next")[0]));
}
