//! The scenarios, each with the words for its fixes and what is and is not said.

use sixslot_analysis::comparison::Word;

pub struct Case {
    pub name: &'static str,
    pub text: &'static str,
    pub loads: u64,
    /// The word for each fix, in the order of the file.
    pub words: &'static [(&'static str, Option<Word>)],
    pub says: &'static [&'static str],
    pub never: &'static [&'static str],
}

const fn case(name: &'static str, text: &'static str) -> Case {
    Case { name, text, loads: 100, words: &[], says: &[], never: &[] }
}

/// Six calls hold all connections for about 9 s; the call behind them dies at 8 s in most loads.
macro_rules! burst {
    ($more:expr) => {
        concat!(
            "horizon = '60s'
            request.render = { count = 6, service = { distribution = 'uniform', low = '7s', high = '11s' } }
            request.session = { service = '50ms', deadline = '8s', retry = { attempts = 1 } }
            load = { ready = ['session'], error = { request = 'session' }, fails = 'error-shown' }\n",
            $more
        )
    };
}

/// A page that polls; from 5 s on every call of it dies.
macro_rules! polls {
    ($more:expr) => {
        concat!(
            "horizon = '30s'
            request.long = { start = '5s', count = 6, service = '40s' }
            request.poll = { every = '2s', deadline = '1s', service = '50ms' }\n",
            $more
        )
    };
}

pub const CASES: &[Case] = &[
    Case {
        says: &["meanwhile all connections are held by `other`"],
        never: &["`own`"],
        ..case(
            "the limit of the whole pool, with all connections at another origin",
            "horizon = '20s'
            browser.connections_total = 6
            origin.there = {}
            request.other = { origin = 'there', count = 6, service = '10s' }
            request.own = { start = '10ms', priority = 'low', service = '50ms' }
            request.session = { start = '20ms', service = '50ms', deadline = '8s' }
            load = { ready = ['session'], error = { request = 'session' }, fails = 'error-shown' }",
        )
    },
    Case {
        says: &["meanwhile all connections are held by `tracking`"],
        never: &["held by `api`"],
        ..case(
            "the connections without credentials are a group of their own",
            "horizon = '20s'
            request.api = { count = 6, service = '10s' }
            request.tracking = { count = 6, credentials = 'omit', service = '10s' }
            request.session = { start = '20ms', credentials = 'omit', service = '50ms', deadline = '8s' }
            load = { ready = ['session'], error = { request = 'session' }, fails = 'error-shown' }",
        )
    },
    Case {
        words: &[("none-render", Some(Word::Fixes)), ("retry", Some(Word::Hides)), ("title", Some(Word::Nothing))],
        says: &[
            "`none-render` fixes all of them",
            "`retry` only hides them",
            "of its 8 s deadline stalled, waiting for a connection",
        ],
        ..case(
            "a fix, a fix that hides, and one that does nothing",
            burst!(
                "[fix.none-render]\npatch.request.render.count = 0
                [fix.retry]\npatch.request.session.retry.attempts = 3\npatch.load.error.failures = 3
                [fix.title]\npatch.title = 'another title'"
            ),
        )
    },
    Case {
        says: &["All 100 loads fail", "counts as a failed load up to the horizon", "\"error-shown\""],
        never: &["0 % of loads"],
        ..case(
            "a page that polls and does not choose",
            polls!("load = { ready = ['poll'], error = { request = 'poll' } }"),
        )
    },
    Case {
        says: &["All 100 loads fail", "a failed call of any request counts"],
        ..case("a page that polls, without an error", polls!("load = { ready = ['poll'] }"))
    },
    Case {
        says: &["None of 100 loads fails"],
        never: &["note", "Failure is not judged", "does not choose"],
        ..case(
            "a page that polls and chooses what is before ready",
            polls!("load = { ready = ['poll'], error = { request = 'poll' }, fails = 'error-shown' }"),
        )
    },
    Case {
        words: &[("short-burst", Some(Word::Fixes)), ("patience", Some(Word::Fixes))],
        ..case(
            "a poll that dies after the page is ready, and its fixes",
            "horizon = '40s'
            request.long = { start = '5s', count = 6, service = { distribution = 'uniform', low = '2s', high = '30s' } }
            request.poll = { every = '2s', deadline = '9s', service = '50ms', skip_while_in_flight = true }
            load = { ready = ['poll'], error = { request = 'poll' }, fails = 'any-error' }
            [fix.short-burst]\npatch.request.long.count = 5
            [fix.patience]\npatch.request.poll.deadline = '20s'",
        )
    },
    Case {
        words: &[("three", Some(Word::Nothing))],
        says: &["All 100 loads fail"],
        never: &["fixes all", "hides them"],
        ..case(
            "a horizon too short for the fix's own failure",
            "horizon = '13s'
            request.render = { count = 6, service = '60s' }
            request.session = { deadline = '8s', retry = { attempts = 1 } }
            load = { ready = ['session'], error = { request = 'session' }, fails = 'error-shown' }
            [fix.three]\npatch.request.session.retry.attempts = 3\npatch.load.error.failures = 3",
        )
    },
    Case {
        words: &[("hundred", Some(Word::Hides))],
        says: &["these loads are ready after 60.0 s in the median, later than the error came"],
        never: &["fixes"],
        ..case(
            "a failure that takes many horizons",
            "horizon = '13s'
            request.render = { count = 6, service = '60s' }
            request.session = { deadline = '8s', retry = { attempts = 1 } }
            load = { ready = ['session'], error = { request = 'session' }, fails = 'error-shown' }
            [fix.hundred]\npatch.request.session.retry.attempts = 100\npatch.load.error.failures = 100",
        )
    },
    Case {
        words: &[("no-deadline", Some(Word::Hides))],
        says: &["`no-deadline` only hides them"],
        never: &["fixes all"],
        ..case("a fix that removes the deadline", burst!("[fix.no-deadline]\npatch.request.session.deadline = '24h'"))
    },
    Case {
        says: &["Failure is not judged", "no request has a deadline"],
        never: &["0 %", "fails ("],
        ..case("nothing can fail", "request.page = { service = '2s' }\nload = { ready = ['page'] }")
    },
    Case {
        says: &["Failure is not judged; 100 % are late"],
        ..case(
            "nothing can fail, and every load is late",
            "horizon = '1s'\nrequest.page = { service = '2s' }\nload = { ready = ['page'] }",
        )
    },
    Case {
        says: &["Failure is not judged", "the error needs at least 24"],
        ..case(
            "an error that the horizon cannot show",
            "horizon = '13s'
            request.page = { deadline = '8s', service = '9s', retry.attempts = 3 }
            load = { ready = ['page'], error = { request = 'page', failures = 3 }, fails = 'error-shown' }",
        )
    },
    Case {
        says: &["All 100 loads fail"],
        never: &["late"],
        ..case(
            "not ready is what fails",
            "horizon = '1s'\nrequest.page = { service = '2s' }\nload = { ready = ['page'], fails = 'not-ready' }",
        )
    },
    Case {
        words: &[("a", Some(Word::Fixes)), ("b", Some(Word::Fixes))],
        says: &["`a` and `b` each fix all of them"],
        ..case(
            "two fixes that are tied",
            burst!("[fix.a]\npatch.request.render.count = 0\n[fix.b]\npatch.request.render.count = 0"),
        )
    },
    Case {
        words: &[("worse", Some(Word::Worse)), ("slower", Some(Word::Worse))],
        says: &["`slower` and `worse` each make it worse"],
        never: &["fixes", "hides", "reduces"],
        ..case(
            "fixes that harm",
            "request.page = { service = { distribution = 'uniform', low = '1s', high = '2s' }, deadline = '3s' }
            load = { ready = ['page'], error = { request = 'page' }, fails = 'error-shown' }
            [fix.worse]\npatch.request.page.deadline = '1500ms'
            [fix.slower]\npatch.request.page.service.low = '1600ms'\npatch.request.page.service.high = '2900ms'",
        )
    },
    Case {
        words: &[("faster", Some(Word::Faster))],
        says: &["With `faster` 95 % of loads are ready within"],
        never: &["fixes", "reduces"],
        ..case(
            "nothing fails, and a fix is faster",
            "request.page = { service = { distribution = 'uniform', low = '1s', high = '2s' }, deadline = '3s' }
            load = { ready = ['page'], error = { request = 'page' }, fails = 'error-shown' }
            [fix.faster]\npatch.request.page.service.high = '1100ms'",
        )
    },
    Case {
        loads: 3,
        words: &[("none-render", Some(Word::Nothing))],
        says: &["No fix of the scenario changes that for certain"],
        never: &["fixes all"],
        ..case("three loads are too few for a word", burst!("[fix.none-render]\npatch.request.render.count = 0"))
    },
    Case {
        says: &["is stalled, waiting for a connection for longer than 4 s although the load does not fail"],
        ..case(
            "long waits without a failure",
            "request.render = { count = 6, service = '5s' }
            request.session = { deadline = '8s', service = '1s' }
            load = { ready = ['session'], error = { request = 'session' }, fails = 'error-shown' }",
        )
    },
    Case {
        words: &[("own-origin", Some(Word::Fixes))],
        never: &["hides"],
        ..case(
            "a page that is always ready late hides nothing by that",
            "request.slow = { service = '20s', count = 6 }
            request.call = { service = '100ms', deadline = '1s', start = '10ms' }
            load = { ready = ['slow'], error = { request = 'call' }, fails = 'any-error' }
            origin.other = {}
            [fix.own-origin]\npatch.request.call.origin = 'other'",
        )
    },
    Case {
        says: &["waiting for the cache lock"],
        ..case(
            "the cache lock",
            "request.first = { url = '/a', service = '9s' }
            request.second = { url = '/a', start = '1ms', deadline = '5s' }
            load = { ready = ['second'], error = { request = 'second' }, fails = 'error-shown' }",
        )
    },
    Case {
        says: &["waiting for the server"],
        never: &["connection"],
        ..case(
            "the server is the cause",
            "request.page = { service = '9s', deadline = '5s' }
            load = { ready = ['page'], error = { request = 'page' }, fails = 'error-shown' }",
        )
    },
    Case {
        says: &["All 100 loads fail", "`b` spends"],
        ..case(
            "several errors, each of its own request",
            "request.a = { service = '1s', deadline = '5s' }
            request.b = { service = '9s', deadline = '5s' }
            load.ready = ['a', 'b']
            load.fails = 'error-shown'
            load.error.first = { request = 'a' }
            load.error.second = { request = 'b' }",
        )
    },
    Case {
        words: &[("sooner", Some(Word::Reduces))],
        says: &["`sooner` reduces them to"],
        ..case(
            "a fix that leaves some failures",
            burst!(
                "[fix.sooner]\npatch.request.render.service.low = '6500ms'\npatch.request.render.service.high = '10500ms'"
            ),
        )
    },
];
