//! draft
#![allow(clippy::unwrap_used, missing_docs)]
#[path = "golden/play.rs"]
mod play;
use play::play;
use serde::Deserialize;
use std::fmt::Write;

const OPENED: f64 = 1000.0;

#[derive(Deserialize)]
struct File {
    rules: Vec<Run>,
    #[serde(default)]
    random_plans: Vec<Run>,
}
#[derive(Deserialize)]
struct Run {
    name: String,
    websockets_open: u32,
    event_sources_open: u32,
    requests: Vec<Measured>,
}
#[derive(Deserialize)]
struct Measured {
    id: String,
    plan: Planned,
    ended_ms: f64,
    outcome: String,
    arrived_ms: Option<f64>,
}
#[derive(Deserialize)]
struct Planned {
    start_ms: f64,
    service_ms: f64,
    priority: String,
    deadline_ms: Option<f64>,
    cache: String,
    url: String,
    early_headers: bool,
    response_cache_control: Option<String>,
}

fn scenario(profile: &str, run: &Run, stalls: &[(String, f64)]) -> String {
    let mut text = format!("schema = 1\nhorizon = \"60s\"\n[browser]\nprofile = \"{profile}\"\n");
    for (count, kind) in [(run.websockets_open, "websocket"), (run.event_sources_open, "event-source")] {
        for n in 0..count {
            writeln!(text, "[socket.{kind}-{n}]\nkind = \"{kind}\"").unwrap();
        }
    }
    let mut list: Vec<&Measured> = run.requests.iter().collect();
    list.sort_by_key(|r| r.id.trim_start_matches(char::is_alphabetic).parse::<u32>().unwrap());
    for r in list {
        let p = &r.plan;
        let id = &r.id;
        let late: f64 = stalls.iter().filter(|s| s.0 == *id).map(|s| s.1).sum();
        let body = if p.early_headers { "body" } else { "service" };
        writeln!(
            text,
            "[request.{id}]\nurl = \"/{}\"\nstart = \"{}ms\"\n{body} = \"{}ms\"\npriority = \"{}\"\ncache = \"{}\"",
            p.url,
            p.start_ms + OPENED,
            p.service_ms + late,
            p.priority,
            p.cache
        )
        .unwrap();
        if let Some(d) = p.deadline_ms {
            writeln!(text, "deadline = \"{d}ms\"").unwrap();
        }
        if let Some(d) = &p.response_cache_control {
            writeln!(text, "response_cache_control = \"{d}\"").unwrap();
        }
    }
    writeln!(text, "[load]\nready = [\"{}\"]", run.requests[0].id).unwrap();
    text
}

#[test]
fn scan() {
    let sets: Vec<String> = std::env::var("SETS").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let order: f64 = std::env::var("ORDER").unwrap_or("2".into()).parse().unwrap();
    let limit: f64 = std::env::var("LIMIT").unwrap_or("15".into()).parse().unwrap();
    let stalls: Vec<(String, String, f64)> = std::env::var("STALLS")
        .unwrap_or_default()
        .split_whitespace()
        .map(|s| {
            let mut p = s.split(':');
            (p.next().unwrap().to_owned(), p.next().unwrap().to_owned(), p.next().unwrap().parse().unwrap())
        })
        .collect();
    for engine in ["chromium", "firefox", "webkit"] {
        let text = std::fs::read_to_string(format!("{}/tests/ground-truth/{engine}.json", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
        let data: File = serde_json::from_str(&text).unwrap();
        let mut devs: Vec<(f64, String)> = vec![];
        for run in data.rules.iter().chain(&data.random_plans) {
            let key = run.name.split(' ').next().unwrap();
            let mine: Vec<(String, f64)> = if engine == "firefox" {
                stalls.iter().filter(|s| s.0 == key).map(|s| (s.1.clone(), s.2)).collect()
            } else {
                vec![]
            };
            let rows = play("x", &scenario(engine, run, &mine), &sets);
            let mut pairs = vec![];
            let clock = run
                .requests
                .iter()
                .filter(|r| r.outcome == "ok")
                .map(|r| r.arrived_ms.unwrap() + r.plan.service_ms - r.ended_ms)
                .fold(0.0, f64::max);
            let clock = if std::env::var("CLOCK").is_ok() && clock > 1.5 { clock } else { 0.0 };
            println!("== {engine} {} clock {clock:.1}", run.name);
            for r in &run.requests {
                let row = rows.iter().find(|row| row.name == r.id).unwrap();
                let late: f64 = mine.iter().filter(|s| s.0 == r.id).map(|s| s.1).sum();
                let sent = row.sent.map(|s| s - OPENED + late);
                let outcome = format!("{:?}", row.outcome).to_lowercase();
                if outcome != r.outcome {
                    println!("   OUTCOME {} {} {}", row.name, outcome, r.outcome);
                }
                match (sent, r.arrived_ms) {
                    (Some(a), Some(b)) => {
                        let b = b - clock;
                        devs.push(((a - b).abs(), format!("{} {}", run.name, r.id)));
                        pairs.push((a, b, &r.id));
                        if (a - b).abs() > limit {
                            println!("   {} sim {a:.1} measured {b:.1} dev {:.1}", row.name, a - b);
                        }
                    }
                    (None, None) => {}
                    (a, b) => println!("   SENT {} {a:?} {b:?}", row.name),
                }
            }
            for a in &pairs {
                for b in &pairs {
                    if a.1 + order < b.1 && a.0 > b.0 {
                        println!("   ORDER {}@{:.1}/{:.1} before {}@{:.1}/{:.1}", a.2, a.1, a.0, b.2, b.1, b.0);
                    }
                }
            }
        }
        devs.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!(
            "## {engine} n {} median {:.1} p95 {:.1} max {:?}",
            devs.len(),
            devs[devs.len() / 2].0,
            devs[devs.len() * 95 / 100].0,
            &devs[devs.len() - 3..]
        );
    }
}
