//! The report with the engine: the page with the scenario and its sweep inside.

use crate::binary::refused;
use crate::{name, report};

#[test]
fn a_report_with_the_engine_is_its_page_with_the_sweep_inside() {
    let parent = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = parent.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let place = r#"<script type="application/json" id="report">null</script>"#;
    let page = file("page.html", &format!("<p>before</p>{place}<p>after</p>"));
    let text = "schema = 1\ntitle = \"</script><b>&\"\n[parameters]\nmany = 1\n[request.a]\ncount = \"many\"\nservice = \"9s\"\n\
                [request.b]\nservice = \"1ms\"\ndeadline = \"8s\"\n[load]\nready = [\"b\"]\nerror = { request = \"b\" }\n\
                [fix.short]\npatch.request.a.service = \"1s\"\n[sweep]\nmany = [1, 6]\n";
    let scenario = file("a.toml", text);
    let (html, _) = report(name(&scenario), &["--page", name(&page), "--loads", "20"]);
    let data = html.strip_prefix(r#"<p>before</p><script type="application/json" id="report">"#).unwrap();
    let (data, rest) = data.split_once("</script>").unwrap();
    assert!(rest.starts_with("<p>after</p>"), "{rest}");
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["state"]["text"], text);
    let expected = serde_json::json!({
        "axes": [{ "name": "many", "values": [1.0, 6.0] }],
        // Six calls of 9 s hold the six connections for longer than the deadline.
        "sets": [{ "fixes": [], "cells": [[20, 0, 0], [20, 20, 0]] }, { "fixes": ["short"], "cells": [[20, 0, 0], [20, 0, 0]] }]
    });
    assert_eq!(data["sweep"], expected);
    let other = file("other.html", "<p>another page</p>");
    let out = parent.path().join("out.html");
    let refusal = refused(&["report", name(&scenario), "-o", name(&out), "--page", name(&other)]);
    assert!(refusal.contains("it is not the page that `scripts/build-page` of this version makes"), "{refusal}");
}
