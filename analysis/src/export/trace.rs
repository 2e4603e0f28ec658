//! A load as Chrome trace events, for DevTools' Performance panel and for Perfetto.
//!
//! Rule: the smallest set of events from which DevTools' own engine (@paulirish/trace_engine) builds requests, phases and
//! sockets, in microseconds, starting at one second. Slots and waiting requests are separate tracks there (`b` and `e` with a
//! track entry). Perfetto shows the slots as threads of a second process, where the `X` events of a thread follow each
//! other and so nest, and the queue's depth as a counter.

use super::{Phases, Subject, network_start, pool_wait, priority};
use serde_json::{Value, json};
use sixslot_models::class::{Failure, Kind};
use sixslot_models::load::{Outcome, Request};
use sixslot_sim_core::{Span, Time};

/// DevTools' main frame.
const FRAME: &str = "SIXSLOT0SIXSLOT0SIXSLOT0SIXSLOT0";
/// The process of the page.
const PAGE: u32 = 1;
/// The process with a thread for each slot.
const SLOTS: u32 = 2;
/// Offset of all times: those of a trace must be above 0.
const START: Span = Span::from_seconds(1);
const TIMELINE: &str = "devtools.timeline";
const HIDDEN: &str = "disabled-by-default-devtools.timeline";

/// A time in microseconds.
fn micros(time: Time) -> f64 {
    (time + START).as_nanos() as f64 / 1e3
}

fn seconds(time: Time) -> f64 {
    (time + START).as_seconds_f64()
}

fn event(name: &str, category: &str, phase: &str, time: Time) -> Value {
    json!({"name": name, "cat": category, "ph": phase, "ts": micros(time), "pid": PAGE, "tid": 1, "args": {}})
}

/// An event of a request or a socket.
fn instant(name: &str, time: Time, data: Value) -> Value {
    let mut event = event(name, TIMELINE, "I", time);
    event["s"] = "t".into();
    event["args"]["data"] = data;
    event
}

fn metadata(name: &str, pid: u32, tid: usize, value: &str) -> Value {
    json!({"name": name, "cat": "__metadata", "ph": "M", "ts": 0, "pid": pid, "tid": tid, "args": {"name": value}})
}

/// The name of a resource type in a trace.
fn resource_type(word: &str) -> &'static str {
    match word {
        "document" => "Document",
        "stylesheet" => "Stylesheet",
        "script" => "Script",
        "image" => "Image",
        "font" => "Font",
        "eventsource" => "EventSource",
        "prefetch" => "Prefetch",
        _ => "Fetch",
    }
}

impl Subject<'_> {
    fn requests(&self, events: &mut Vec<Value>) {
        for (number, request) in self.on_network().into_iter().enumerate() {
            let id = format!("{}", number + 1);
            if self.class(request).kind == Kind::WebSocket {
                self.socket(events, request, number + 1);
            } else {
                self.fetch(events, request, &id);
            }
        }
    }

    fn fetch(&self, events: &mut Vec<Value>, request: &Request, id: &str) {
        let class = self.class(request);
        let url = self.url(request);
        let kind = self.resource_type(request);
        let initiator = match self.trigger(request) {
            Some(trigger) => json!({"type": "script", "url": self.url(trigger), "fetchType": kind}),
            None => json!({"type": "other", "fetchType": kind}),
        };
        let started = network_start(request);
        events.push(instant(
            "ResourceSendRequest",
            started,
            json!({
                "requestId": id, "frame": FRAME, "url": url, "requestMethod": class.copy(request.index).method.name(), "priority": priority(class.copy(request.index)),
                "resourceType": resource_type(kind), "renderBlocking": "non_blocking", "initiator": initiator,
            }),
        ));
        if let Some(headers) = request.headers {
            events.push(instant("ResourceReceiveResponse", headers, self.answer(request, id, headers)));
        }
        if let Some(ended) = request.ended {
            let broken = request.failure.and_then(Failure::net_error).is_some();
            let failed = request.outcome == Outcome::Aborted || broken;
            events.push(instant(
                "ResourceFinish",
                ended,
                json!({
                    "requestId": id, "didFail": failed, "finishTime": seconds(ended),
                    "encodedDataLength": 0, "decodedBodyLength": 0,
                }),
            ));
        }
    }

    fn answer(&self, request: &Request, id: &str, headers: Time) -> Value {
        let Phases { queueing, stalled, connect, dns, tls, send, .. } = self.phases(request);
        let from_cache = request.sent.is_none();
        let start = network_start(request) + queueing;
        // The engine reads 0 as "none", so a request that did not wait gets a wait of one microsecond.
        let connect_start = stalled.max(Span::from_nanos(1_000));
        let send_start = connect_start + connect.unwrap_or(Span::ZERO);
        let received = (headers - start).as_millis_f64();
        let connecting = connect.is_some_and(|span| !span.is_zero());
        let of_connect = |span: Span| if connecting { span.as_millis_f64() } else { -1.0 };
        let of = |part: Span, span: Span| if part.is_zero() { -1.0 } else { of_connect(span) };
        let timing = json!({
            "requestTime": seconds(start), "proxyStart": -1, "proxyEnd": -1,
            "dnsStart": of(dns, connect_start), "dnsEnd": of(dns, connect_start + dns),
            "connectStart": of_connect(connect_start + dns), "connectEnd": of_connect(send_start),
            "sslStart": of(tls, send_start - tls), "sslEnd": of(tls, send_start),
            "workerStart": -1, "workerReady": -1, "pushStart": 0, "pushEnd": 0,
            "sendStart": send_start.as_millis_f64().min(received),
            "sendEnd": (send_start + send).as_millis_f64().min(received),
            "receiveHeadersStart": received, "receiveHeadersEnd": received,
        });
        json!({
            "requestId": id, "frame": FRAME, "statusCode": request.status, "mimeType": "", "encodedDataLength": 0,
            "fromCache": from_cache, "fromServiceWorker": false, "responseTime": seconds(headers), "headers": [],
            "protocol": self.protocol(request),
            "connectionId": request.connection.unwrap_or(0), "connectionReused": connect.is_none(), "timing": timing,
        })
    }

    fn socket(&self, events: &mut Vec<Value>, request: &Request, id: usize) {
        let url = self.url(request);
        let data = json!({"identifier": id, "frame": FRAME, "url": url});
        let steps = [
            ("WebSocketCreate", Some(network_start(request))),
            ("WebSocketSendHandshakeRequest", request.sent),
            ("WebSocketReceiveHandshakeResponse", request.headers),
            ("WebSocketDestroy", request.ended),
        ];
        let happened = steps.into_iter().filter_map(|(name, time)| time.map(|time| (name, time)));
        events.extend(happened.map(|(name, time)| instant(name, time, data.clone())));
    }

    /// A time range on a separate track.
    fn track_entry(&self, events: &mut Vec<Value>, request: &Request, span: (Time, Time), track: &str, colour: &str) {
        let label = self.name(request);
        let properties = [
            ["request", &label],
            ["url", &self.url(request)],
            ["outcome", crate::record::outcome_word(request.outcome)],
            ["connection", &request.connection.map_or_else(|| "none".to_owned(), |number| number.to_string())],
        ];
        let detail = json!({"devtools": {
            "dataType": "track-entry", "track": track, "trackGroup": "Connections", "color": colour,
            "properties": properties, "tooltipText": label,
        }});
        let id = format!("0x{:x}", events.len());
        for (phase, time) in [("b", span.0), ("e", span.1)] {
            let mut event = event(&label, "blink.user_timing", phase, time);
            event["id2"] = json!({"local": id});
            if phase == "b" {
                event["args"]["detail"] = detail.to_string().into();
            }
            events.push(event);
        }
    }

    fn slots(&self, events: &mut Vec<Value>) {
        let mut thread = 0;
        for origin in 0..self.plan.origins().len() {
            let (lanes, count) = self.lanes(origin);
            let of = if origin == 0 { String::new() } else { format!(" of {}", self.origin_words(origin)) };
            let track = |lane: usize| format!("slot {}{of}", lane + 1);
            for lane in 0..count {
                events.push(metadata("thread_name", SLOTS, thread + lane + 1, &track(lane)));
            }
            for (lane, request) in lanes {
                let from = request.slot_from.unwrap_or(Time::ZERO);
                let until = request.slot_until.unwrap_or(self.plan.horizon());
                let colour = match self.class(request).kind {
                    _ if request.outcome.is_wrong() => "error",
                    Kind::WebSocket | Kind::EventSource => "tertiary",
                    _ => "primary",
                };
                self.track_entry(events, request, (from, until), &track(lane), colour);
                let mut held = event(&self.name(request), "sixslot", "X", from);
                held["dur"] = ((until - from).as_nanos() as f64 / 1e3).into();
                held["pid"] = SLOTS.into();
                held["tid"] = (thread + lane + 1).into();
                held["args"] = json!({"url": self.url(request), "aborted": request.outcome == Outcome::Aborted});
                events.push(held);
            }
            thread += count;
            self.waiting(events, origin, &of);
        }
    }

    fn waiting(&self, events: &mut Vec<Value>, origin: usize, of: &str) {
        let requests = self.load.requests().iter().filter(|request| self.class(request).origin == origin);
        for request in requests {
            if let Some(span) = pool_wait(request) {
                self.track_entry(events, request, span, &format!("waits for a slot{of}"), "secondary");
            }
        }
        for (time, depth) in self.queue_depth(origin) {
            let mut counter = event(&format!("waiting for a slot{of}"), "sixslot", "C", time);
            counter["pid"] = SLOTS.into();
            counter["args"] = json!({"requests": depth});
            events.push(counter);
        }
    }
}

/// The trace.
pub(super) fn text(subject: &Subject<'_>) -> serde_json::Result<String> {
    let mut events = vec![
        metadata("process_name", PAGE, 1, "Renderer"),
        metadata("thread_name", PAGE, 1, "CrRendererMain"),
        metadata("process_name", SLOTS, 0, "Connection slots"),
    ];
    let url = &subject.page_url;
    let mut started = event("TracingStartedInBrowser", HIDDEN, "I", Time::ZERO);
    started["s"] = "t".into();
    started["args"]["data"] = json!({
        "frameTreeNodeId": 1, "persistentIds": true,
        "frames": [{"frame": FRAME, "isInPrimaryMainFrame": true, "isOutermostMainFrame": true, "name": "", "processId": PAGE, "url": url}],
    });
    events.push(started);
    // DevTools reads the bounds of a trace from the first and the last task.
    for time in [Time::ZERO, subject.plan.horizon()] {
        let mut task = event("RunTask", HIDDEN, "X", time);
        task["dur"] = 1.into();
        events.push(task);
    }
    subject.requests(&mut events);
    subject.slots(&mut events);
    let order = |event: &Value| event["ts"].as_f64().unwrap_or(0.0);
    // Stable, so that a begin event stays before an end event of the same instant.
    events.sort_by(|one, other| order(one).total_cmp(&order(other)));
    let lines = events.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let mut metadata = json!({
        "source": "DevTools", "startTime": "2026-01-01T00:00:00.000Z", "dataOrigin": "TraceEvents",
        "sixslot": {"scenario": subject.plan.title(), "load": subject.number, "seed": subject.seed, "fixes": subject.fixes,
            "verdict": subject.outcome()},
    });
    if let Some(note) = subject.plan.unmeasured() {
        metadata["sixslot"]["notes"] = json!([note]);
    }
    // One event a line: a trace is often searched with line tools.
    Ok(format!(
        "{{\"traceEvents\": [\n{}\n], \"displayTimeUnit\": \"ms\", \"metadata\": {metadata}}}\n",
        lines.join(",\n")
    ))
}
