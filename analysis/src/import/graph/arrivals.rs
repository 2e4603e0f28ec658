//! What a recorded load says of the bytes on its access link: how full it was, and when.
//!
//! Rule: a body's bytes came evenly between its headers and its end. What the browser's buffers held when the headers were read had
//! come before, so none came faster than the link sends.

use super::super::calls::Load;
use super::node::Node;

/// The window in which the bytes are counted that a link has carried for certain, in milliseconds.
const WINDOW: f64 = 200.0;

/// A body that came over the network.
pub struct Body {
    /// The number of its node.
    pub node: usize,
    /// Its bytes as recorded.
    pub bytes: f64,
    /// When its last byte came.
    end: f64,
    /// From its first byte to its last one.
    pub length: f64,
}

/// The bodies of a lone load.
pub fn bodies(nodes: &[Node], load: &Load) -> Vec<Body> {
    let one = |(number, node): (usize, &Node)| {
        let record = node.record();
        let bytes = load.archive.entries[node.seen[0].place].body_bytes().filter(|bytes| *bytes >= 1.0)?;
        let came = record.network && !record.failed && !record.open;
        came.then(|| Body { node: number, bytes, end: record.end(), length: record.body })
    };
    nodes.iter().enumerate().filter_map(one).collect()
}

/// The bytes that had come by each moment.
pub struct Arrivals {
    /// Moments, the bytes until then, and the bytes per millisecond from then on.
    came: Vec<(f64, f64, f64)>,
    /// Bytes per millisecond of bodies that the link sends.
    rate: f64,
}

impl Arrivals {
    /// Those of bodies over a link of so many bytes per millisecond; infinite where that is not known.
    pub fn of(bodies: &[Body], rate: f64) -> Self {
        let mut changes: Vec<(f64, f64)> = Vec::new();
        for body in bodies {
            let length = body.length.max(1.0).max(body.bytes / rate);
            changes.extend([(body.end - length, body.bytes / length), (body.end, -body.bytes / length)]);
        }
        changes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut came = Vec::with_capacity(changes.len());
        let (mut sum, mut speed, mut last) = (0.0, 0.0, 0.0);
        for (at, change) in &changes {
            sum += speed * (at - last);
            came.push((*at, sum, speed + change));
            (last, speed) = (*at, speed + change);
        }
        Self { came, rate }
    }

    fn until(&self, at: f64) -> f64 {
        let number = self.came.partition_point(|(time, ..)| *time <= at);
        number.checked_sub(1).map_or(0.0, |number| {
            let (time, sum, speed) = self.came[number];
            sum + speed * (at - time)
        })
    }

    /// The most bytes per millisecond in any fifth of a second.
    pub fn fullest(&self) -> f64 {
        self.came.iter().map(|(at, sum, _)| (self.until(at + WINDOW) - sum) / WINDOW).fold(0.0, f64::max)
    }

    /// For how long the link sent, in the `span` before a moment.
    pub fn busy(&self, at: f64, span: f64) -> f64 {
        ((self.until(at) - self.until(at - span)) / self.rate).min(span)
    }
}
