//! A page in a headless Chromium: opened from its file, operated like a reader does, and asked what it did.
//!
//! Source of names: <https://chromedevtools.github.io/devtools-protocol/tot/>.

use serde_json::{Value, json};
use sixslot_lab::{Inspector, LabError};
use std::path::Path;

/// A page that is open.
pub struct Page {
    inspector: Inspector,
    /// Everything that it reported since it was opened.
    events: Vec<Value>,
}

impl Page {
    /// A window of this size with nothing in it; none where the machine has no Chromium, which is said.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let inspector = match Inspector::start() {
            Ok(inspector) => inspector,
            Err(error @ LabError::NoBrowser { .. }) => {
                println!("skipped: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let mut page = Self { inspector, events: Vec::new() };
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            page.ask(&format!("{domain}.enable"), json!({}));
        }
        page.ask("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
        page.size(width, height);
        Some(page)
    }

    pub fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.inspector.ask(method, parameters).unwrap()
    }

    /// The value of an expression of JavaScript.
    pub fn value(&mut self, expression: &str) -> Value {
        self.inspector.evaluate(expression).unwrap()
    }

    pub fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_else(|| panic!("{expression} is no text")).to_owned()
    }

    pub fn number(&mut self, expression: &str) -> f64 {
        self.value(expression).as_f64().unwrap_or_else(|| panic!("{expression} is no number"))
    }

    pub fn holds(&mut self, expression: &str) -> bool {
        self.value(expression).as_bool().unwrap_or_else(|| panic!("{expression} is neither true nor false"))
    }

    /// A size of the window, in pixels of CSS.
    pub fn size(&mut self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.ask("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// `screen` or `print`, and `light` or `dark`.
    pub fn media(&mut self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    /// Opens a file and waits until it is there with everything that it asks for.
    pub fn open(&mut self, file: &Path) {
        self.reported();
        self.events.clear();
        let answer = self.ask("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        assert!(answer.get("errorText").is_none(), "{answer}");
        self.wait_for_load();
    }

    /// Opens the page's address again.
    pub fn reload(&mut self) {
        self.reported();
        self.events.clear();
        self.ask("Page.reload", json!({}));
        self.wait_for_load();
    }

    fn wait_for_load(&mut self) {
        for _ in 0..500 {
            let loaded = self.reported().iter().any(|event| event["method"] == "Page.loadEventFired");
            if loaded {
                return;
            }
            // The page goes away meanwhile, so that nothing in it can be waited for.
            std::thread::sleep(std::time::Duration::from_millis(20));
            self.ask("Browser.getVersion", json!({}));
        }
        panic!("the page was not loaded");
    }

    /// What the page reported.
    fn reported(&mut self) -> &[Value] {
        self.events.extend(self.inspector.take_events());
        &self.events
    }

    /// Two frames: what was asked for has been drawn. A page without a script in it waits like that too.
    pub fn rest(&mut self) {
        self.value("new Promise(done => setTimeout(done, 20))");
    }

    /// Errors and warnings of any kind, as text.
    pub fn complaints(&mut self) -> Vec<String> {
        self.rest();
        let complaint = |event: &Value| {
            let of = &event["params"];
            let bad = |level: &Value| ["error", "warning", "assert"].iter().any(|bad| level == bad);
            match event["method"].as_str()? {
                "Runtime.consoleAPICalled" => bad(&of["type"]),
                "Log.entryAdded" => bad(&of["entry"]["level"]),
                // An address that a test sets without a click: the browser's Back button passes over it.
                "Audits.issueAdded" => !event.to_string().contains("\"NavigationEntryMarkedSkippable\""),
                "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => true,
                _ => false,
            }
            .then(|| event.to_string())
        };
        self.reported().iter().filter_map(complaint).collect()
    }

    /// The addresses of all requests and sockets after the page itself.
    pub fn requests(&mut self) -> Vec<String> {
        self.rest();
        let address = |event: &Value| {
            let address = match event["method"].as_str()? {
                "Network.requestWillBeSent" if event["params"]["type"] == "Document" => return None,
                "Network.requestWillBeSent" => &event["params"]["request"]["url"],
                "Network.webSocketCreated" | "Network.webTransportCreated" => &event["params"]["url"],
                _ => return None,
            };
            Some(address.as_str().unwrap_or("no address").to_owned())
        };
        self.reported().iter().filter_map(address).collect()
    }

    /// Presses a key and lets it go.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => panic!("no such key here: {key}"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// Presses Tab until the element in focus matches the selector.
    pub fn tab_to(&mut self, selector: &str) {
        for _ in 0..100 {
            self.press("Tab");
            if self.holds(&format!("document.activeElement.matches({})", json!(selector))) {
                return;
            }
        }
        panic!("{selector} is not reached with Tab");
    }

    /// Moves the pointer over the element that an expression gives.
    pub fn point_at(&mut self, element: &str) {
        let place = self.value(&format!(
            "(element => {{ element.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const box = element.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})({element})"
        ));
        self.ask("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": place[0], "y": place[1] }));
    }
}
