//! The report in a real browser: it complains of nothing, asks for nothing, answers pointer and keys, is readable in
//! light and dark, on a telephone and on paper, and shows hostile strings as text.
//!
//! Without a Chromium a test says that it is skipped, and passes.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code, reason = "nothing is refused here")]
mod binary;
mod report {
    pub mod browser;
}

use binary::done;
use report::browser::Page;
use std::path::{Path, PathBuf};

const SCENARIO: &str = "scenarios/issue-1855.toml";

/// A report in a folder of its own.
fn report(input: &str, more: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    done(&[&["report", input, "-o", file.to_str().unwrap()], more].concat());
    (folder, file)
}

/// A grid of 2 x 3 points, with failing and good loads.
fn small() -> (tempfile::TempDir, PathBuf) {
    let grid = ["--set", "sweep.projects=[5,8]", "--set", "sweep.sessions=[10,20,40]"];
    report(SCENARIO, &[&grid[..], &["--set", "parameters.sessions=40", "--loads", "400"]].concat())
}

/// It has not complained, and nothing was asked for.
fn is_quiet(page: &mut Page) {
    assert_eq!(page.complaints(), [""; 0]);
    assert_eq!(page.requests(), [""; 0]);
}

/// The page of a text.
fn opened(page: &mut Page, html: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    std::fs::write(&file, html).unwrap();
    page.open(&file);
}

#[test]
fn complaints_and_requests_are_seen_where_there_are_any() {
    let Some(mut page) = Page::new(800, 600) else { return };
    opened(&mut page, "<!DOCTYPE html><title>quiet</title><p>nothing");
    is_quiet(&mut page);
    // Nothing listens at port 9 of this machine: only whether it is asked matters.
    for (markup, complaints, requests) in [
        ("<script>console.error('x')</script>", true, 0),
        ("<script>console.warn('x')</script>", true, 0),
        ("<script>nowhere()</script>", true, 0),
        ("<img src='http://127.0.0.1:9/x.png'>", true, 1),
        ("<script>fetch('http://127.0.0.1:9/').catch(() => 0)</script>", true, 1),
        ("<script>new WebSocket('ws://127.0.0.1:9/')</script>", true, 1),
        ("<img src=x.png>", true, 1),
        // A policy that keeps the script from running says so.
        ("<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><script>1</script>", true, 0),
    ] {
        opened(&mut page, &format!("<!DOCTYPE html><title>loud</title>{markup}"));
        page.value("new Promise(done => setTimeout(done, 200))");
        let (said, asked) = (page.complaints(), page.requests());
        assert_eq!((!said.is_empty(), asked.len()), (complaints, requests), "{markup}: {said:?}, {asked:?}");
    }
}

const READING: &str = "document.getElementById('reading').textContent";

#[test]
fn the_pointer_and_the_keys_read_cells_and_choose_loads() {
    let Some(mut page) = Page::new(1000, 800) else { return };
    let (_folder, file) = small();
    page.open(&file);
    the_pointer_reads_cells(&mut page);
    the_keys_read_cells(&mut page);
    the_keys_choose_loads(&mut page);
    is_quiet(&mut page);
}

fn the_pointer_reads_cells(page: &mut Page) {
    assert!(page.text(READING).starts_with("Point at a cell"));
    let mut seen = Vec::new();
    for (map, x, y) in [(0, 0, 0), (0, 1, 2), (3, 1, 1)] {
        page.value(&format!("document.getElementById('tab-map-{map}').click()"));
        let cell =
            format!("document.querySelectorAll('.map')[{map}].querySelector('.cell[data-x=\"{x}\"][data-y=\"{y}\"]')");
        page.point_at(&cell);
        let said = page.text(READING);
        assert_eq!(said, page.text(&format!("{cell}.getAttribute('aria-label')")));
        let (projects, sessions) = ([5, 8][x], [10, 20, 40][y]);
        assert!(said.starts_with(&format!("projects = {projects}, sessions = {sessions}: ")), "{said}");
        assert!(said.contains(" % of loads fail (") && said.contains(" of 400; "), "{said}");
        // The tab of another map reads the same point there.
        page.value("document.getElementById('tab-map-2').click()");
        assert!(page.text(READING).starts_with(&format!("projects = {projects}, sessions = {sessions}: ")));
        assert_eq!(page.number("document.querySelectorAll('.cell.same').length"), 1.0);
        seen.push(said);
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

fn the_keys_read_cells(page: &mut Page) {
    // The pointer rests on a map while the keys scroll the page below it: the keys' cell is read all the same.
    page.tab_to(".map .cell");
    let at = |page: &mut Page| {
        let focus = page.value("(cell => [+cell.dataset.x, +cell.dataset.y])(document.activeElement)");
        assert_eq!(page.text(READING), page.text("document.activeElement.getAttribute('aria-label')"));
        (focus[0].as_u64().unwrap(), focus[1].as_u64().unwrap())
    };
    assert_eq!(at(page), (0, 2));
    for (key, place) in [
        ("ArrowRight", (1, 2)),
        ("ArrowRight", (1, 2)),
        ("ArrowDown", (1, 1)),
        ("Home", (0, 1)),
        ("ArrowUp", (0, 2)),
        ("ArrowUp", (0, 2)),
        ("ArrowLeft", (0, 2)),
        ("End", (1, 2)),
    ] {
        page.press(key);
        assert_eq!(at(page), place, "{key}");
    }
    // One stop for the map that is shown.
    let in_map = "document.activeElement.closest('.map') !== null";
    assert!(page.holds(in_map));
    page.press("Tab");
    page.value("1");
    assert!(!page.holds(in_map));
}

/// How many elements of a selector are seen.
fn shown(page: &mut Page, selector: &str) -> f64 {
    page.number(&format!(
        "Array.from(document.querySelectorAll('{selector}')).filter(one => one.checkVisibility()).length"
    ))
}

#[test]
fn maps_are_tabs_and_stand_below_each_other_without_the_script_and_on_paper() {
    let Some(mut page) = Page::new(1000, 800) else { return };
    let (_folder, file) = small();
    page.open(&file);
    let maps = page.number("document.querySelectorAll('.map').length");
    assert!(maps > 5.0 && shown(&mut page, ".map") == 1.0);
    assert_eq!(page.number("document.querySelectorAll('[role=tablist] > [role=tab]').length"), maps);
    assert_eq!(page.number("document.querySelectorAll('[role=tabpanel][aria-labelledby]').length"), maps);
    page.tab_to("[role=tab]");
    let last = maps - 1.0;
    for (key, at) in [
        ("ArrowRight", 1.0),
        ("ArrowDown", 2.0),
        ("ArrowLeft", 1.0),
        ("ArrowUp", 0.0),
        ("ArrowUp", last),
        ("ArrowRight", 0.0),
        ("End", last),
        ("Home", 0.0),
    ] {
        page.press(key);
        let tab = "document.activeElement.matches('[role=tab][aria-selected=true][tabindex=\"0\"]') && \
                   document.activeElement.id.slice(8)";
        assert_eq!(page.text(tab), at.to_string(), "{key}");
        let seen = "Array.from(document.querySelectorAll('.map')).findIndex(map => map.checkVisibility())";
        assert!(page.number(seen) == at && shown(&mut page, ".map") == 1.0, "{key}");
    }
    // A label breaks between words only.
    for width in [1000, 360] {
        page.size(width, 800);
        let broken = page.value(WORDS);
        assert_eq!(broken, serde_json::json!([]), "{width}");
    }
    is_quiet(&mut page);
    page.media("print", "light");
    assert_eq!((shown(&mut page, ".map"), shown(&mut page, ".map figcaption")), (maps, maps));
    assert_eq!(shown(&mut page, "[role=tab]"), 0.0);
    page.media("screen", "light");
    let html = std::fs::read_to_string(&file).unwrap();
    opened(&mut page, &html.replace("<script>", "<script type=\"text/plain\">"));
    assert_eq!((shown(&mut page, ".map"), shown(&mut page, ".map figcaption")), (maps, maps));
    assert_eq!((shown(&mut page, ".load.typical svg"), shown(&mut page, "button, [role=tab]")), (2.0, 0.0));
}

/// The words of tabs, headings, table heads and captions that are on two lines.
const WORDS: &str = "(() => {
  const broken = [];
  for (const box of document.querySelectorAll('[role=tab], h1, h2, h3, th, figcaption, .headline')) {
    if (!box.checkVisibility()) continue;
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (const word of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (new Set(Array.from(range.getClientRects(), line => Math.round(line.y))).size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
})()";

#[test]
fn a_load_is_zoomed_filtered_read_linked_and_shown_with_a_fix() {
    let Some(mut page) = Page::new(1000, 800) else { return };
    let (_folder, file) = small();
    page.open(&file);
    let row = "document.querySelectorAll('#viewer .row')";
    let said = "document.querySelector('#viewer .reading').textContent";
    let rows = page.number(&format!("{row}.length"));
    assert!(rows > 8.0 && shown(&mut page, ".drawn") == 0.0);
    // The pointer and the keys read the times of the stations.
    page.point_at(&format!("{row}[0].querySelector('.name')"));
    assert!(page.text(said).contains("waiting for the server"), "{}", page.text(said));
    page.tab_to("#viewer .row");
    page.press("End");
    assert!(page.text(said).starts_with("membership") && page.text(said).contains("stalled, no free connection"));
    // Zoom by a button and by dragging, and back.
    let ticks = "document.querySelector('#viewer .over text').textContent";
    assert_eq!(page.text(ticks), "0 ms");
    let whole = "Array.from(document.querySelectorAll('#viewer button')).find(one => one.textContent === 'whole')";
    page.value("document.querySelector('#viewer [aria-label=\"zoom in\"]').click()");
    assert_ne!(page.text(ticks), "0 ms");
    page.value(&format!("{whole}.click()"));
    assert!(page.text(ticks) == "0 ms" && page.holds(&format!("{whole}.disabled")));
    // On a busy machine Chromium loses some of the events that the inspector sends.
    for _ in 0..5 {
        drag(&mut page);
        if page.text(ticks) != "0 ms" {
            break;
        }
    }
    assert!(page.text(ticks) != "0 ms" && page.holds(&format!("!{whole}.disabled")));
    // The filter.
    page.value(
        "(box => { box.value = 'prefetch'; box.dispatchEvent(new Event('input', {bubbles: true})); })\
         (document.querySelector('#viewer input'))",
    );
    assert!(page.number(&format!("{row}.length")) < rows);
    assert!(page.holds(&format!("Array.from({row}).every(one => one.textContent.includes('prefetch'))")));
    // The same load with the best fix beside it.
    assert_eq!(page.number("document.querySelectorAll('#viewer .side').length"), 1.0);
    page.value("document.querySelector('#viewer [aria-pressed]').click()");
    let sides =
        page.text("Array.from(document.querySelectorAll('#viewer .side > p'), one => one.textContent).join('|')");
    assert!(sides.starts_with("FAILED") && sides.contains("|Loaded"), "{sides}");
    is_quiet(&mut page);
}

/// Drags with the mouse over the middle of the waterfall.
fn drag(page: &mut Page) {
    let place = page.value(
        "(picture => { picture.scrollIntoView({block: 'start', behavior: 'instant'}); const box = picture.getBoundingClientRect(); \
         return [box.x + box.width * 0.5, box.y + 60, box.x + box.width * 0.7]; })(document.querySelector('#viewer .waterfall'))",
    );
    for (kind, x, buttons) in [
        ("mouseMoved", &place[0], 0),
        ("mousePressed", &place[0], 1),
        ("mouseMoved", &place[2], 1),
        ("mouseReleased", &place[2], 0),
    ] {
        let event = serde_json::json!({ "type": kind, "x": x, "y": place[1], "button": "left", "buttons": buttons, "clickCount": 1 });
        page.ask("Input.dispatchMouseEvent", event);
        page.rest();
    }
}

#[test]
fn an_address_names_a_load() {
    let Some(mut page) = Page::new(1000, 800) else { return };
    let (_folder, file) = small();
    page.open(&file);
    let number = "document.querySelector('.load:not([hidden])').dataset.number";
    let link = "document.querySelector('#viewer .tools a').hash";
    let typical = page.text(number);
    assert_eq!(page.text(link), format!("#load={typical}"));
    assert_eq!(page.text("location.hash"), "");
    page.tab_to("#load");
    page.press("Home");
    let first = page.text(number);
    assert_ne!(first, typical);
    assert_eq!(page.text("location.hash"), format!("#load={first}"));
    page.value("document.querySelector('#viewer [aria-pressed]').click()");
    assert_eq!(page.text("location.hash"), format!("#load={first}&fix"));
    // Another opening of the same address shows the same; an address of a load that is not here says so.
    let open = |page: &mut Page, fragment: &str| {
        page.value("location.hash = ''");
        page.value(&format!("location.hash = '{fragment}'"));
        page.value("new Promise(done => setTimeout(done, 100))");
    };
    open(&mut page, &format!("#load={typical}"));
    assert!(page.text(number) == typical && shown(&mut page, "#viewer .side") == 1.0);
    open(&mut page, &format!("#load={first}&fix"));
    assert!(page.text(number) == first && shown(&mut page, "#viewer .side") == 2.0);
    page.reload();
    assert!(page.text(number) == first && shown(&mut page, "#viewer .side") == 2.0);
    open(&mut page, "#load=399999");
    assert!(
        page.text("document.getElementById('missing').textContent").starts_with("Load 399999 is not in this report")
    );
    is_quiet(&mut page);
}

fn the_keys_choose_loads(page: &mut Page) {
    page.tab_to("#load");
    let shown =
        "Array.from(document.querySelectorAll('.load')).flatMap((load, at) => load.checkVisibility() ? [at] : [])";
    let chosen = |page: &mut Page| {
        let value = page.number("+document.getElementById('load').value");
        assert_eq!(page.value(shown), serde_json::json!([value as u64]));
        let said = page.text("document.getElementById('load').getAttribute('aria-valuetext')");
        assert_eq!(
            said,
            page.text(&format!("document.querySelectorAll('.load figcaption p:first-child')[{value}].textContent"))
        );
        (value, said)
    };
    let (first, said) = chosen(page);
    assert!(said.starts_with("A typical failing load: load "), "{said}");
    page.press("ArrowLeft");
    assert_eq!(chosen(page).0, first - 1.0);
    page.press("Home");
    assert_eq!(chosen(page).0, 0.0);
    page.press("End");
    assert_eq!(chosen(page).0, page.number("document.querySelectorAll('.load').length") - 1.0);
    page.tab_to("button[data-load]");
    page.value("document.activeElement.click()");
    assert!(chosen(page).1.starts_with("A typical good load: load "));
}

/// What stands in a page beyond its width, as text, and texts that are not readable on what lies behind them.
const AUDIT: &str = include_str!("report/audit.js");

fn audit(page: &mut Page, what: &str) {
    // All of it in the window: a browser finds what lies behind a text only there.
    let found = page.value(AUDIT);
    let found: Vec<String> = found.as_array().unwrap().iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{what}: {found:#?}");
}

#[test]
fn light_dark_telephone_and_paper_are_readable() {
    let Some(mut page) = Page::new(1000, 800) else { return };
    let (_folder, file) = small();
    for (media, scheme, width) in [
        ("screen", "light", 1000),
        ("screen", "dark", 1000),
        ("screen", "light", 360),
        ("screen", "dark", 360),
        // A4 with margins of 1 cm, at 96 pixels an inch.
        ("print", "light", 718),
        ("print", "dark", 718),
    ] {
        let what = format!("{media}, {scheme}, {width} px");
        page.media(media, scheme);
        page.size(width, 800);
        page.open(&file);
        assert_eq!(page.number("innerWidth"), f64::from(width), "{what}");
        assert_eq!(page.number("document.scrollingElement.scrollWidth"), f64::from(width), "{what}");
        let height = page.number("document.scrollingElement.scrollHeight") as u32;
        page.size(width, height + 100);
        audit(&mut page, &what);
        is_quiet(&mut page);
    }
}

#[test]
fn paper_has_the_typical_loads_and_nothing_to_press() {
    let Some(mut page) = Page::new(718, 800) else { return };
    let (_folder, file) = small();
    page.media("print", "dark");
    page.open(&file);
    assert_eq!(shown(&mut page, ".load"), 2.0);
    assert_eq!(shown(&mut page, ".load.typical"), 2.0);
    for gone in ["input", "button", "nav", "#reading", "#viewer"] {
        assert_eq!(shown(&mut page, gone), 0.0, "{gone}");
    }
    assert_eq!(page.text("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
    let paper = page.ask("Page.printToPDF", serde_json::json!({ "printBackground": true }));
    let pdf =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, paper["data"].as_str().unwrap()).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 50_000, "{}", pdf.len());
    is_quiet(&mut page);
}

/// Markup, quotes, ampersands, marks that turn the direction of writing, and a word that is longer than any screen.
const HOSTILE: &str = "</title></script><script>console.error(1)</script><img src=http://127.0.0.1:9/x onerror=alert(2)>\"'&amp;\u{202e}txt\u{2066}<!--`${1}\\";

fn hostile(folder: &Path) -> PathBuf {
    // A JSON string is one of TOML too, as a key and as a value.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let url = format!("/{}", HOSTILE.replace([' ', '{', '}'], ""));
    let class = "hostile";
    let long = "long".repeat(16);
    let text = format!(
        "schema = 1\ntitle = {title}\n[parameters]\na = 1\nb = 1\n[request.{class}]\nurl = {url}\n\
         service = {{ per = {{ \"a * b\" = \"1s\" }} }}\ndeadline = \"1500ms\"\n[request.{long}]\nurl = \"/{long}\"\nservice = \"9s\"\n[socket.{class}-socket]\nkind = \"websocket\"\n\
         [load]\nready = [\"{class}\"]\nerror = {{ request = \"{class}\", failures = 1 }}\n\
         [fix.{class}]\ntitle = {title}\npatch.request.{class}.deadline = \"30s\"\n[fix.{long}]\ntitle = \"{longer}\"\npatch.request.{class}.deadline = \"31s\"\n\
         [sweep]\na = [1, 4]\nb = [1, 2]\n",
        title = quoted(HOSTILE),
        url = quoted(&url),
        longer = "long".repeat(60),
    );
    let file = folder.join("hostile.toml");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn hostile_strings_are_seen_as_text_and_run_nothing() {
    let Some(mut page) = Page::new(1000, 800) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_folder, file) = report(hostile(folder.path()).to_str().unwrap(), &["--loads", "20"]);
    page.open(&file);
    let seen = HOSTILE.replace(['\u{202e}', '\u{2066}'], "\u{fffd}");
    assert_eq!(page.text("document.querySelector('h1').textContent"), seen);
    assert_eq!(page.text("document.title"), format!("{seen} – sixslot report"));
    let texts = page.text("document.body.innerText");
    assert!(texts.matches(seen.as_str()).count() >= 2, "{seen} is not in {texts}");
    let pictures = page.text("Array.from(document.querySelectorAll('svg text'), text => text.textContent).join('\\n')");
    assert!(pictures.contains("</title></script><script>"), "{pictures}");
    // The script and its data.
    assert_eq!(page.number("document.querySelectorAll('script, img, iframe, [onerror]').length"), 2.0);
    // Every cell and every load once, and then: nothing has run, nothing was asked for.
    page.value("for (const cell of document.querySelectorAll('.cell')) cell.focus()");
    page.value("for (let at = 0; at < 14; at++) { const slider = document.getElementById('load'); slider.value = at; slider.dispatchEvent(new Event('input')); }");
    is_quiet(&mut page);
    for width in [1000, 360] {
        page.size(width, 800);
        assert_eq!(page.number("document.scrollingElement.scrollWidth"), f64::from(width));
    }
}
