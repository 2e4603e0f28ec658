//! The access link, and its profiles.
//!
//! Rule: each key has its meaning, its unit and its default. Sources of the profiles: Lighthouse, core/config/constants.js
//! (`mobileSlow4G`, `desktopDense4G`); WebPageTest, connectivity.ini (`Cable`, `3G`).

use super::{Fields, Kind, field};

/// A profile's name, round-trip time in milliseconds, and bits per second up and down.
pub const PROFILES: [(&str, u64, u64, u64); 4] = [
    ("lighthouse-slow-4g", 150, 750_000, 1_638_400),
    ("lighthouse-desktop", 40, 10_240_000, 10_240_000),
    ("webpagetest-cable", 28, 1_000_000, 5_000_000),
    ("webpagetest-3g", 300, 768_000, 1_600_000),
];

/// The names of the profiles, for the schema.
pub const PROFILE_NAMES: [&str; 5] = ["loopback", PROFILES[0].0, PROFILES[1].0, PROFILES[2].0, PROFILES[3].0];

/// The access link.
pub static NETWORK: Fields = Fields {
    text: "The browser's access link, shared by all origins that have no bandwidth of their own.",
    required: &[],
    fields: &[
        field(
            "profile",
            Kind::Choice(&PROFILE_NAMES),
            "Round-trip time and bandwidths. loopback: none. lighthouse-slow-4g: 150 ms, 1638 kbit/s down, 750 kbit/s up. lighthouse-desktop: 40 ms, 10240 kbit/s. webpagetest-cable: 28 ms, 5 Mbit/s down, 1 Mbit/s up. webpagetest-3g: 300 ms, 1.6 Mbit/s down, 768 kbit/s up. Default \"loopback\".",
        ),
        field("rtt", Kind::Time, "Round-trip time to every origin without its own, drawn once per load."),
        field("bandwidth_down", Kind::Bandwidth, "Bandwidth to the browser, such as \"1.6Mbit/s\"."),
        field("bandwidth_up", Kind::Bandwidth, "Bandwidth from the browser."),
        field(
            "discipline",
            Kind::Choice(&["processor-sharing", "fifo"]),
            "How transfers share each link. processor-sharing: connections with bytes to send share it equally. fifo: it sends first in, first out, as a router with one queue does, what their congestion windows let go; handshakes and requests have bytes. Default \"processor-sharing\".",
        ),
    ],
};
