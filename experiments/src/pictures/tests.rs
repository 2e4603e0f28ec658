//! Every picture is well-formed, holds no broken number and comes out the same twice.

use super::*;

/// Checks that tags balance, attributes are quoted, text is escaped and every number is one.
fn check(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(!text.contains('>'), "stray '>' in {text:?}");
        check_entities(text);
        let end = rest[at..].find('>').expect("tag is closed") + at;
        let tag = &rest[at + 1..end];
        assert!(!tag.contains('<'), "stray '<' in {tag:?}");
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closing tag");
            continue;
        }
        let body = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = body.split_once(' ').unwrap_or((body, ""));
        assert!(
            ["svg", "title", "desc", "g", "rect", "polyline", "polygon", "circle", "text"].contains(&name),
            "{name}"
        );
        check_attributes(attributes);
        if body == tag {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    assert!(rest.trim().is_empty());
    assert!(svg.chars().all(|c| c == '\n' || !c.is_control()));
}

fn check_entities(text: &str) {
    for after in text.split('&').skip(1) {
        let (entity, _) = after.split_once(';').expect("entity ends");
        assert!(["lt", "gt", "amp", "quot", "#39", "apos"].contains(&entity), "{entity}");
    }
}

fn check_attributes(attributes: &str) {
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").expect("attribute is quoted");
        let (value, after) = after.split_once('"').expect("attribute ends");
        check_entities(value);
        if [
            "x",
            "y",
            "x1",
            "x2",
            "cx",
            "cy",
            "r",
            "width",
            "height",
            "points",
            "opacity",
            "font-size",
            "stroke-width",
            "viewBox",
        ]
        .contains(&name)
        {
            let numbers = value.split([' ', ',']).filter(|n| !n.is_empty());
            for number in numbers {
                let number: f64 = number.parse().expect("a number");
                assert!(number.is_finite() && number.abs() < 1e6, "{name}={value}");
            }
        }
        rest = after.trim_start();
    }
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|v| (*v).to_owned()).collect()
}

const NASTY: &str = "<script>\"&'\u{0}\u{1b}\u{FFFF}\n</svg>]]>";

const FIXES: [&str; 8] = [
    "as it is",
    "longer ready timeout",
    "one connection pool for all projects",
    "retry a failed session once with backoff",
    "HTTP/2 instead of six HTTP/1.1 connections",
    "static files from their own host, cached for good",
    "one socket shared by all sessions of the same page",
    "all of them together, in the order of their cost",
];

/// Cells that look like the real ones: worse with more projects and sessions, better with each fix.
fn cells(fix: usize, across: usize, up: usize) -> Vec<Vec<Option<f64>>> {
    let cell = |x: usize, y: usize| {
        let load = ((x + 1) * (y + 1)) as f64 / 4.0 - 0.7 - fix as f64 * 0.65;
        let p = (load / 4.0).clamp(0.0, 1.0);
        Some(p * p)
    };
    (0..up).map(|y| (0..across).map(|x| cell(x, y)).collect()).collect()
}

fn point(x: f64, probability: f64, half: f64) -> CurvePoint {
    let interval = ((probability - half).max(0.0), (probability + half).min(1.0));
    CurvePoint { x, probability, interval: Some(interval) }
}

fn points(fix: usize) -> Vec<CurvePoint> {
    (0..11)
        .map(|i| {
            let x = f64::from(i) * 2.0;
            let at = ((x - 4.0 - fix as f64 * 2.3) / 10.0).clamp(0.0, 1.0);
            let p = at * (1.0 - fix as f64 * 0.05);
            point(x, p, 0.01 + 0.15 * p * (1.0 - p))
        })
        .collect()
}

fn steps(fix: usize) -> Vec<ReadyStep> {
    let fix = fix as f64;
    let times: Vec<f64> = (0..5000)
        .map(|i| (f64::from(i) + 0.5) / 5000.0)
        .take_while(|u| *u < if fix == 0.0 { 0.58 } else { 0.915 + fix * 0.01 })
        .map(|u| 0.6 + fix * 0.12 + 0.7 * u / (1.12 - u) / (1.0 + fix * 0.2))
        .collect();
    steps_from_times(&times, 5000)
}

/// A map of kinds, one more than has a colour, with shares that are none.
fn tornado(words: &str, shares: &[(f64, (f64, f64))]) -> String {
    let measures = [words.to_owned(), "closed".to_owned(), "first order".to_owned()];
    let bars = [TornadoBar { label: words, shares }, TornadoBar { label: "", shares: &[] }];
    Tornado { title: words, subtitle: words, x_label: words, measures: &measures, bars: &bars }.to_svg()
}

fn regimes(words: &str, legend: &[String], x_values: &[String], y_values: &[String]) -> String {
    let shares = [[0.0, 1.0], [0.5, f64::NAN], [7.0, -7.0], [0.1, 0.2]];
    let cell = |place: usize| RegimeCell { regime: place % 4, shares: shares[place % 4] };
    let row = |row| (0..x_values.len()).map(|column| cell(row + column)).collect();
    let cells: Vec<Vec<RegimeCell>> = (0..y_values.len()).map(row).collect();
    RegimeMap {
        title: words,
        subtitle: words,
        x_label: words,
        y_label: words,
        x_values,
        y_values,
        legend,
        cells: &cells,
    }
    .to_svg()
}

type Samples = Vec<(&'static str, String)>;

fn long() -> String {
    "word ".repeat(60)
}

fn wide() -> Vec<String> {
    (1..=20).map(|n| format!("{} things", n * 5)).collect()
}

fn high() -> Vec<String> {
    strings(&["a session name longer than its room", NASTY, "三つ"])
}

/// Every kind of picture, usual and unusual, by name.
fn samples() -> Samples {
    let mut all = grids();
    all.extend(maps());
    all.extend(curves());
    all.extend(stairs());
    all.push(("regimes", regimes(NASTY, &[NASTY.to_owned(), long(), "a".to_owned()], &wide(), &high())));
    all.push(("regimes-none", regimes("", &[], &[], &[])));
    all
}

fn grids() -> Samples {
    let x = strings(&["1", "2", "5", "10", "20", "50"]);
    let y = strings(&["1", "2", "4", "6", "8"]);
    let maps: Vec<_> = (0..8).map(|fix| cells(fix, 6, 5)).collect();
    let panels: Vec<HeatMapPanel<'_>> =
        FIXES.iter().zip(&maps).map(|(title, cells)| HeatMapPanel { title, cells }).collect();
    let grid = HeatMapGrid {
        title: "Which fixes keep the page loading as projects and sessions grow",
        subtitle: "2 000 loads per cell, seed 1; a load fails if the page is not ready within 8 s",
        x_label: "projects per user",
        y_label: "sessions open",
        x_values: &x,
        y_values: &y,
        panels: &panels,
        columns: 2,
    };
    let (long, wide, high) = (long(), wide(), high());
    let big = cells(0, 20, 3);
    let nasty = HeatMapGrid {
        title: &long,
        subtitle: NASTY,
        x_label: NASTY,
        y_label: NASTY,
        x_values: &wide,
        y_values: &high,
        panels: &[HeatMapPanel { title: NASTY, cells: &big }],
        columns: 1,
    };
    vec![
        ("grid-2", grid.to_svg()),
        ("grid-4", HeatMapGrid { columns: 4, ..grid }.to_svg()),
        ("grid-5-by-3", HeatMapGrid { columns: 3, panels: &panels[..5], ..grid }.to_svg()),
        ("grid-none", HeatMapGrid { columns: 0, panels: &[], ..grid }.to_svg()),
        ("grid-nasty", nasty.to_svg()),
    ]
}

fn maps() -> Samples {
    let x = strings(&["1", "2", "5", "10", "20", "50"]);
    let y = strings(&["1", "2", "4", "6", "8"]);
    let mut holes = cells(1, 6, 5);
    holes[4][5] = None;
    holes[0][0] = Some(0.0004);
    holes[3][3] = Some(0.9996);
    holes[2][5] = Some(f64::NAN);
    holes[1].truncate(5);
    let map = HeatMap {
        title: "Probability that the page fails to load",
        subtitle: "as it is; 2 000 loads per cell, seed 1",
        x_label: "projects per user",
        y_label: "sessions open",
        x_values: &x,
        y_values: &y,
        cells: &holes,
    };
    vec![
        ("map", map.to_svg()),
        ("map-none", HeatMap { x_values: &[], y_values: &[], cells: &[], ..map }.to_svg()),
        ("map-one", HeatMap { x_values: &x[..1], y_values: &y[..1], ..map }.to_svg()),
    ]
}

fn curves() -> Samples {
    let lines: Vec<_> = (0..8).map(points).collect();
    let lines: Vec<CurveSeries<'_>> =
        FIXES.iter().zip(&lines).map(|(label, points)| CurveSeries { label, points }).collect();
    let curve = Curve {
        title: "Every project adds requests until six connections are not enough",
        subtitle: "2 000 loads per point, seed 1; bands: 95 % intervals (Wilson)",
        x_label: "projects per user",
        y_label: "failure probability",
        series: &lines,
        most: None,
    };
    let many: Vec<CurveSeries<'_>> = lines
        .iter()
        .chain(&lines[..5])
        .enumerate()
        .map(|(i, line)| CurveSeries { points: &line.points[..11 - i / 4], ..*line })
        .collect();
    let one = [point(3.0, 0.4, 0.1)];
    let one = [CurveSeries { label: NASTY, points: &one }];
    let broken = [
        point(f64::NAN, 0.5, 0.1),
        point(1.0, f64::INFINITY, 0.1),
        point(f64::INFINITY, 0.5, 0.1),
        point(-1e300, 0.5, 0.1),
        point(2.0, 0.5, f64::NAN),
        point(3.0, 7.0, 0.1),
        point(1e90, -7.0, 0.1),
    ];
    let broken = [CurveSeries { label: "broken", points: &broken }, CurveSeries { label: "", points: &[] }];
    let long = long();
    vec![
        ("curve-8", curve.to_svg()),
        ("curve-3", Curve { series: &lines[..3], ..curve }.to_svg()),
        ("curve-13", Curve { title: &long, subtitle: &long, series: &many, ..curve }.to_svg()),
        (
            "curve-one",
            Curve { title: NASTY, subtitle: NASTY, x_label: NASTY, y_label: NASTY, series: &one, most: None }.to_svg(),
        ),
        ("curve-broken", Curve { series: &broken, ..curve }.to_svg()),
        ("curve-none", Curve { title: "", subtitle: "", series: &[], ..curve }.to_svg()),
        ("curve-number", Curve { most: Some(2.5), ..curve }.to_svg()),
        ("tornado", tornado(NASTY, &[(0.9, (0.7, 1.1)), (0.3, (0.2, 0.4)), (-0.02, (-0.1, 0.06))])),
        ("tornado-broken", tornado(&long, &[(f64::NAN, (f64::NAN, f64::INFINITY))])),
        ("tornado-none", Tornado { title: "", subtitle: "", x_label: "", measures: &[], bars: &[] }.to_svg()),
    ]
}

fn stairs() -> Samples {
    let stairs: Vec<_> = (0..8).map(steps).collect();
    let stairs: Vec<ReadySeries<'_>> =
        FIXES.iter().zip(&stairs).map(|(label, steps)| ReadySeries { label, steps }).collect();
    let ready = Ready {
        title: "How long a load takes, and how many never get there",
        subtitle: "5 000 loads per fix set, seed 1; 20 projects, 4 sessions",
        series: &stairs,
        until: None,
    };
    let broken = [(f64::NAN, 0.1), (2.0, f64::NAN), (3.0, 9.0), (-4.0, 0.2)]
        .map(|(seconds, share)| ReadyStep { seconds, share });
    let broken = [ReadySeries { label: NASTY, steps: &broken }, ReadySeries { label: "never", steps: &[] }];
    vec![
        ("ready-8", ready.to_svg()),
        ("ready-3", Ready { series: &stairs[..3], until: Some(2.5), ..ready }.to_svg()),
        ("ready-broken", Ready { title: NASTY, subtitle: NASTY, series: &broken, until: Some(f64::NAN) }.to_svg()),
        ("ready-never", Ready { series: &broken[1..], ..ready }.to_svg()),
        ("ready-none", Ready { series: &[], ..ready }.to_svg()),
    ]
}

fn sample(name: &str) -> String {
    let found = samples().into_iter().find(|(n, _)| *n == name);
    found.expect("known sample").1
}

/// `cargo test -p experiments -- --ignored pictures` writes the samples to the temporary folder.
#[test]
#[ignore = "writes pictures to look at"]
fn write_samples() {
    let folder = std::env::temp_dir().join("pics");
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    for (name, svg) in samples() {
        std::fs::write(folder.join(format!("{name}.svg")), svg).expect("writable");
    }
}

#[test]
fn every_picture_is_well_formed_and_every_number_finite() {
    for (name, svg) in samples() {
        println!("{name}");
        check(&svg);
        let starts = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=";
        assert!(svg.starts_with(starts));
        assert!(svg.contains("fill=\"#FFFFFF\""), "a white ground");
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    assert_eq!(samples(), samples());
}

#[test]
fn strings_are_escaped_and_control_characters_dropped() {
    for name in ["grid-nasty", "curve-one", "ready-broken", "regimes"] {
        let svg = sample(name);
        assert!(svg.contains("&lt;script&gt;&quot;&amp;"), "{name}");
        assert!(!svg.contains("<script"), "{name}");
        assert!(!svg.contains('\u{FFFF}'), "{name}");
    }
}

#[test]
fn nothing_to_draw_says_so() {
    for name in ["grid-none", "map-none", "curve-none", "ready-none", "regimes-none"] {
        assert!(sample(name).contains("no data"), "{name}");
    }
    assert!(sample("ready-never").contains("100 % not ready"));
}

#[test]
fn every_cell_shows_its_number_or_a_dash() {
    let svg = sample("map");
    for shown in ["&lt;0.1 %", "&gt;99.9 %", "8.3 %", "100 %", "no data"] {
        assert!(svg.contains(&format!("\n{shown}\n")), "{shown}");
    }
    // Not simulated, not a number, and a row that is too short.
    assert_eq!(svg.matches("\n–\n").count(), 3);
}

#[test]
fn the_first_row_lies_at_the_bottom() {
    let (x, y) = (strings(&["a"]), strings(&["low", "high"]));
    let cells = [vec![Some(0.25)], vec![Some(0.75)]];
    let svg = HeatMap { title: "", subtitle: "", x_label: "", y_label: "", x_values: &x, y_values: &y, cells: &cells }
        .to_svg();
    let height = |words: &str| -> u32 {
        let end = svg.rfind(&format!("\n{words}\n")).expect("shown");
        let tag = &svg[svg[..end].rfind("<text").expect("a text")..end];
        let y = tag.split(" y=\"").nth(1).and_then(|y| y.split('"').next());
        y.and_then(|y| y.parse().ok()).expect("a height")
    };
    assert!(height("25 %") > height("75 %"));
    assert!(height("low") > height("high"));
}

#[test]
fn a_line_of_ready_ends_at_one_minus_its_failures() {
    let steps = steps_from_times(&[3.0, 1.0, f64::NAN, 1.0], 10);
    let shares: Vec<(f64, f64)> = steps.iter().map(|s| (s.seconds, s.share)).collect();
    assert_eq!(shares, [(1.0, 0.2), (3.0, 0.3)]);
    assert_eq!(steps, steps_from_counts(&[(1.0, 2), (2.0, 0), (3.0, 1)], 10));
    let series = [ReadySeries { label: "x", steps: &steps }];
    let picture = Ready { title: "", subtitle: "", series: &series, until: Some(2.0) };
    assert!(picture.to_svg().contains("70 % not ready"));
}

#[test]
fn many_loads_make_no_larger_a_picture_than_few() {
    let size = |loads: u32| {
        let times: Vec<f64> = (0..loads).map(|i| f64::from(i) / f64::from(loads)).collect();
        let steps = steps_from_times(&times, u64::from(loads));
        let series = [ReadySeries { label: "x", steps: &steps }];
        let picture = Ready { title: "", subtitle: "", series: &series, until: None };
        picture.to_svg().len()
    };
    assert!(size(100_000) < size(2_000) * 11 / 10);
}

#[test]
fn ticks_are_round_and_lie_inside() {
    let labels = |low, high| -> Vec<String> {
        let ticks = frame::ticks(low, high, 5);
        assert!(ticks.iter().all(|(x, _)| *x >= low - 1e-9 && *x <= high + 1e-9));
        ticks.into_iter().map(|(_, label)| label).collect()
    };
    assert_eq!(labels(0.0, 10.0), ["0", "2", "4", "6", "8", "10"]);
    assert_eq!(labels(-0.3, 0.31), ["-0.2", "0", "0.2"]);
    assert_eq!(labels(1e6, 3e6), ["1000000", "1500000", "2000000", "2500000", "3000000"]);
    assert_eq!(labels(0.0, 2e-7), ["0", "5e-8", "1.0e-7", "1.5e-7", "2.0e-7"]);
    assert!(labels(1.0, 1.0).is_empty());
    assert!(labels(f64::NAN, 1.0).is_empty());
}

#[test]
fn the_scale_is_monotone_in_lightness_and_its_numbers_readable() {
    // Relative luminance and contrast as the Web Content Accessibility Guidelines define them.
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.03928 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
    };
    let light = |c: plotters::style::RGBColor| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
    let mut last = f64::INFINITY;
    for p in 0..=1000 {
        let ground = palette::heat(f64::from(p) / 1000.0);
        // Colours are whole numbers: a step may round the wrong way.
        assert!(light(ground) <= last + 1e-3, "{p}");
        last = light(ground);
        let ink = light(palette::readable_on(ground));
        let (more, less) = (ink.max(last), ink.min(last));
        assert!((more + 0.05) / (less + 0.05) >= 4.5, "{p}");
    }
}

#[test]
fn no_two_of_64_series_look_the_same() {
    let styles: Vec<_> = (0..64).map(palette::series).collect();
    for (i, a) in styles.iter().enumerate() {
        for b in &styles[..i] {
            assert!((a.colour, a.dash, a.marker) != (b.colour, b.dash, b.marker));
        }
    }
}

#[test]
fn a_scatter_shows_what_is_off_the_diagonal_and_draws_equal_places_once() {
    let picture = |points: &[(f64, f64)]| {
        let panels = [ScatterPanel { title: "a < b", points }, ScatterPanel { title: "none", points: &[] }];
        let (x_label, y_label) = ("measured, s", "predicted, s");
        let svg = Scatter { title: "t", subtitle: "s", x_label, y_label, off: 0.02, panels: &panels }.to_svg();
        check(&svg);
        (svg.matches("<circle").count(), svg)
    };
    let (count, svg) =
        picture(&[(1.0, 1.0), (1.0, 1.001), (2.0, 2.0), (2.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)]);
    assert_eq!(count, 3, "two on the diagonal, one off it");
    assert_eq!(svg, picture(&[(2.0, 1.0), (1.0, 1.0), (2.0, 2.0)]).1, "order and broken numbers do not matter");
    assert_eq!(picture(&[]).0, 0);
}
