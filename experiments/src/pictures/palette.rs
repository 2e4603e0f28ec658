//! Colours, dashes and markers.
//!
//! Rule: nothing is shown by colour alone. A cell has its number, a line its dash, its marker and
//! its name. Lines use the colours of Okabe and Ito, cells the viridis scale: both remain distinguishable for
//! colour-blind readers, and viridis is monotone in lightness, so it survives grey printing.

use plotters::style::RGBColor;

/// Titles and values.
pub(super) const INK: RGBColor = RGBColor(31, 35, 40);
/// Subtitles, axis labels, ticks.
pub(super) const QUIET: RGBColor = RGBColor(87, 96, 106);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(232, 235, 239);
/// Axis lines and leaders.
pub(super) const AXIS: RGBColor = RGBColor(140, 149, 159);
/// A cell that was not measured.
pub(super) const MISSING: RGBColor = RGBColor(238, 240, 243);
/// A cell in which no load failed: lighter than any colour of the scale.
pub(super) const NONE_FAILED: RGBColor = RGBColor(255, 250, 219);
/// Background, and the rim around markers.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Viridis at 0, 0.1, .. 1.
const VIRIDIS: [RGBColor; 11] = [
    RGBColor(0x44, 0x01, 0x54),
    RGBColor(0x48, 0x25, 0x76),
    RGBColor(0x41, 0x44, 0x87),
    RGBColor(0x35, 0x60, 0x8D),
    RGBColor(0x2A, 0x78, 0x8E),
    RGBColor(0x21, 0x90, 0x8C),
    RGBColor(0x22, 0xA8, 0x84),
    RGBColor(0x43, 0xBF, 0x71),
    RGBColor(0x7A, 0xD1, 0x51),
    RGBColor(0xBB, 0xDF, 0x27),
    RGBColor(0xFD, 0xE7, 0x25),
];

/// The colour of a probability: light for a page that loads, dark for one that fails.
///
/// The scale always spans 0 to 1, so that the same colour means the same number in every picture.
/// Exactly 0 has its own colour: on the scale it would look like one failure in a thousand.
pub(super) fn heat(probability: f64) -> RGBColor {
    if probability <= 0.0 {
        return NONE_FAILED;
    }
    let place = (1.0 - probability.clamp(0.0, 1.0)) * (VIRIDIS.len() - 1) as f64;
    let below = (place.floor() as usize).min(VIRIDIS.len() - 2);
    let part = place - below as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    let (a, b) = (VIRIDIS[below], VIRIDIS[below + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Black or white, whichever is more readable on `ground`.
pub(super) fn readable_on(ground: RGBColor) -> RGBColor {
    // Squares stand in for the sRGB curve: near enough to choose, and the same on every machine.
    let square = |c: u8| (f64::from(c) / 255.0) * (f64::from(c) / 255.0);
    let light = 0.2126 * square(ground.0) + 0.7152 * square(ground.1) + 0.0722 * square(ground.2);
    if light > 0.21 { RGBColor(0, 0, 0) } else { PAPER }
}

/// How one series is drawn: a colour, a dash and a marker, each enough to identify it.
#[derive(Clone, Copy)]
pub(super) struct SeriesStyle {
    /// Line and marker colour.
    pub(super) colour: RGBColor,
    /// Lengths of stroke and gap in pixels; empty for an unbroken line.
    pub(super) dash: &'static [f64],
    /// Shape of the markers.
    pub(super) marker: Marker,
}

/// Shape of a marker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Marker {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
    Plus,
    Ring,
}

/// Okabe and Ito's colours, with their yellow, invisible on white, replaced by a grey.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x00, 0x00, 0x00),
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x7A, 0x7A, 0x7A),
];

const DASHES: [&[f64]; 8] = [
    &[],
    &[9.0, 4.0],
    &[2.5, 2.5],
    &[10.0, 3.0, 2.5, 3.0],
    &[5.0, 3.0],
    &[15.0, 4.0],
    &[8.0, 3.0, 2.5, 3.0, 2.5, 3.0],
    &[2.5, 5.0],
];

const MARKERS: [Marker; 8] = [
    Marker::Circle,
    Marker::Square,
    Marker::Up,
    Marker::Diamond,
    Marker::Down,
    Marker::Cross,
    Marker::Plus,
    Marker::Ring,
];

/// Style of the series at `index`; after eight the colours come again with other dashes and markers.
pub(super) fn series(index: usize) -> SeriesStyle {
    let other = index + index / COLOURS.len();
    SeriesStyle {
        colour: COLOURS[index % COLOURS.len()],
        dash: DASHES[other % DASHES.len()],
        marker: MARKERS[other % MARKERS.len()],
    }
}
