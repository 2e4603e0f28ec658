//! What aborts, and the last of several responses, leave in the cache.

use crate::simulate::simulate;

/// When the requests of a name were sent, in ms.
fn sent(profile: &str, scenario: &str, name: &str) -> Vec<f64> {
    let head = "schema = 1\nload.ready = ['get']\nbrowser.connect = '0ms'\nbrowser.dispatch = '0ms'";
    let rows = simulate(scenario, &format!("{head}\nbrowser.profile = '{profile}'\n{scenario}"), &[]);
    rows.iter().filter(|row| row.name == name).map(|row| row.sent().unwrap_or(f64::INFINITY)).collect()
}

fn url(name: &str, keys: &str) -> String {
    format!("request.{name} = {{ url = '/one-url', {keys} }}\n")
}

#[test]
fn an_entry_that_cannot_be_read_lets_three_go_at_one_instant() {
    let cut = |count: u32| url("cut", &format!("count = {count}, service = '1s', deadline = '200ms'"));
    let five = url("get", "start = '300ms', count = 5, service = '400ms'");
    let turns = [300.0, 700.0, 1100.0, 1500.0, 1900.0];
    // One that is aborted alone leaves none; two or more do, whenever it is found.
    assert_eq!(sent("chromium", &(cut(1) + &five), "get"), turns);
    for count in [2, 3, 6] {
        assert_eq!(sent("chromium", &(cut(count) + &five), "get"), [300.0, 300.0, 300.0, 700.0, 1100.0], "{count}");
    }
    let late = url("get", "start = '1700ms', count = 4, service = '400ms'");
    assert_eq!(sent("chromium", &(cut(2) + &late), "get"), [1700.0, 1700.0, 1700.0, 2100.0]);
    // Those that come later than the first wait for their turns.
    let one = url("get", "start = '300ms', service = '400ms'")
        + &url("next", "start = '301ms', count = 2, service = '400ms'");
    assert_eq!(sent("chromium", &(cut(2) + &one), "next"), [700.0, 1100.0]);
    // Aborts at different instants leave none.
    let apart = cut(1) + &url("second", "service = '1s', deadline = '205ms'") + &five;
    assert_eq!(sent("chromium", &apart, "get"), turns);
    // In Firefox they take turns.
    assert_eq!(sent("firefox", &(cut(2) + &five), "get"), turns);
    // The answers of the first two are not found by others, that of the third is.
    let fresh = url("get", "start = '300ms', count = 3, service = '400ms', response_cache_control = 'max-age=60'");
    assert_eq!(sent("chromium", &(cut(2) + &fresh + &url("last", "start = '2s'")), "last"), [f64::INFINITY]);
}

#[test]
fn an_abort_in_a_body_takes_the_turn_of_the_request_behind_it() {
    let get = url("get", "start = '10ms', count = 4, service = '300ms', body = '900ms'");
    let cut =
        |deadline: &str| url("cut", &format!("service = '300ms', body = '900ms', deadline = '{deadline}'")) + &get;
    assert_eq!(sent("chromium", &cut("9s"), "get"), [300.0, 600.0, 900.0, 1200.0]);
    assert_eq!(sent("chromium", &cut("450ms"), "get"), [300.0, 450.0, 750.0, 1050.0]);
    // The answer of the next one has replaced that of the first.
    assert_eq!(sent("chromium", &cut("750ms"), "get"), [300.0, 600.0, 900.0, 1200.0]);
    // A no-store answer was not written.
    let no_store = cut("450ms").replace("body =", "response_cache_control = 'no-store', body =");
    assert_eq!(sent("chromium", &no_store, "get"), [300.0, 600.0, 900.0, 1200.0]);
}

#[test]
fn without_a_lock_the_last_response_is_the_one_that_is_kept() {
    let stored = url("get", "response_cache_control = 'max-age=60'");
    let last = url("last", "start = '300ms'");
    assert_eq!(sent("webkit", &(stored.clone() + &last), "last"), [f64::INFINITY]);
    let other = url("other", "start = '0ms', service = '100ms', response_cache_control = 'no-store'");
    assert_eq!(sent("webkit", &(stored.clone() + &other + &last), "last"), [300.0]);
    // An earlier one is replaced by the storable one, and a HEAD or a POST has none.
    let earlier = stored.replace("response", "service = '200ms', response") + &other + &last;
    assert_eq!(sent("webkit", &earlier, "last"), [f64::INFINITY]);
    let head = stored + &other.replace("service", "method = 'HEAD', service") + &last;
    assert_eq!(sent("webkit", &head, "last"), [f64::INFINITY]);
}
