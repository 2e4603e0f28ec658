//! The program that wrote an archive. Each writes the same event in its own way.
//!
//! Rule: the name in `log.creator` decides. Where it is missing or unknown, fields that only one family of exporters
//! writes decide (`Traits`). Sources: DevTools' `front_end/models/har/Log.ts`, Playwright's `harTracer.ts`, chrome-har's
//! `lib/entryFromResponse.js`, WebPageTest's HAR export, and `docs/archives.md`.

/// The program that wrote an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Exporter {
    /// DevTools of Chrome, Edge and other Chromium browsers, and sixslot itself: waiting is in `blocked`; a request without
    /// an answer has status 0 and its whole duration there.
    Chrome,
    /// Safari's Web Inspector.
    Safari,
    /// Firefox's developer tools: `blocked` is filled; the headers do not say whether a request was sent.
    Firefox,
    /// Firebug, the Firefox extension.
    Firebug,
    /// Playwright: no `blocked`; a request without an answer has status -1 and no duration.
    Playwright,
    /// chrome-har, used by sitespeed.io and browsertime: the scheduler's hold is in `_queued`, before `startedDateTime`.
    ChromeHar,
    /// WebPageTest: times of its own in `_created`, `_load_start`, `_load_end` and others; an entry starts when it is sent.
    WebPageTest,
    /// The proxy Fiddler.
    Fiddler,
    /// The proxy Charles.
    Charles,
    /// The proxy mitmproxy and its scripts.
    Mitmproxy,
    /// The REST client Insomnia.
    Insomnia,
    /// PhantomJS with netsniff.js.
    #[serde(rename = "phantomjs")]
    PhantomJs,
    /// F12 Developer Tools of Internet Explorer and the first Edge.
    EdgeF12,
    /// Any other program.
    Other,
}

/// Fields of an archive's entries that only one family of exporters writes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traits {
    /// `timings._blocked_queueing`.
    pub blocked_queueing: bool,
    /// `timings._queued`, `_initialPriority`.
    pub queued: bool,
    /// `_load_start`.
    pub load_start: bool,
    /// `_monotonicTime`, `_frameref`.
    pub monotonic: bool,
}

impl Exporter {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Safari => "Safari",
            Self::Firefox => "Firefox",
            Self::Firebug => "Firebug",
            Self::Playwright => "Playwright",
            Self::ChromeHar => "chrome-har",
            Self::WebPageTest => "WebPageTest",
            Self::Fiddler => "Fiddler",
            Self::Charles => "Charles",
            Self::Mitmproxy => "mitmproxy",
            Self::Insomnia => "Insomnia",
            Self::PhantomJs => "PhantomJS",
            Self::EdgeF12 => "F12 Developer Tools",
            Self::Other => "an unknown exporter",
        }
    }

    /// Whether it reads Chromium's own network events.
    pub fn is_chromium(self) -> bool {
        matches!(self, Self::Chrome | Self::ChromeHar)
    }

    /// Whether it stands between the browser and the server: it sees what was sent, and nothing of the browser's queues.
    pub fn is_proxy(self) -> bool {
        matches!(self, Self::Fiddler | Self::Charles | Self::Mitmproxy)
    }

    /// Whether an entry starts when its request is sent, and not when the page issued it.
    pub fn starts_at_sending(self) -> bool {
        self.is_proxy() || self == Self::WebPageTest
    }

    /// Whether `blocked` holds the waiting in the browser.
    pub fn reports_waiting(self) -> bool {
        matches!(self, Self::Chrome | Self::Safari | Self::Firefox | Self::Firebug | Self::ChromeHar)
    }

    pub(crate) fn of(creator: &str, browser: &str, traits: Traits) -> Self {
        let creator = creator.to_ascii_lowercase();
        let named = [
            ("playwright", Self::Playwright),
            ("webpagetest", Self::WebPageTest),
            ("web page test", Self::WebPageTest),
            ("chrome-har", Self::ChromeHar),
            ("browsertime", Self::ChromeHar),
            ("sitespeed", Self::ChromeHar),
            ("webkit web inspector", Self::Safari),
            ("firebug", Self::Firebug),
            ("firefox", Self::Firefox),
            ("fiddler", Self::Fiddler),
            ("charles", Self::Charles),
            ("mitmproxy", Self::Mitmproxy),
            ("mitmdump", Self::Mitmproxy),
            ("insomnia", Self::Insomnia),
            ("phantomjs", Self::PhantomJs),
            ("f12 developer tools", Self::EdgeF12),
            ("webinspector", Self::Chrome),
            ("devtools", Self::Chrome),
            ("chrome", Self::Chrome),
        ];
        let named = named.into_iter().find(|(name, _)| creator.contains(name)).map(|(_, exporter)| exporter);
        match traits {
            _ if named.is_some() => named.unwrap_or(Self::Other),
            _ if creator == "sixslot" => Self::Chrome,
            _ if browser.eq_ignore_ascii_case("firefox") => Self::Firefox,
            Traits { load_start: true, .. } => Self::WebPageTest,
            Traits { queued: true, .. } => Self::ChromeHar,
            Traits { blocked_queueing: true, .. } => Self::Chrome,
            Traits { monotonic: true, .. } => Self::Playwright,
            _ => Self::Other,
        }
    }
}
