//! Pictures of results, as SVG text.
//!
//! Six kinds: [`HeatMap`] and [`HeatMapGrid`] (failure probability over two parameters),
//! [`RegimeMap`] (kinds of behaviour over two parameters), [`Curve`] (over one parameter, with intervals), [`Ready`] (time to ready, failures as the
//! missing part), [`Tornado`]
//! (shares of a variance) and [`Scatter`] (predicted against measured).
//!
//! Rule: plain data in, a `String` out, no file and no clock touched; the same data give the same
//! bytes on every machine. So a picture can be committed, compared and drawn again from its data.

mod canvas;
mod curve;
mod frame;
mod heat_map;
mod labels;
mod palette;
mod ready;
mod regime_map;
mod scatter;
mod tornado;

pub use curve::{Curve, CurvePoint, CurveSeries};
pub use heat_map::{HeatMap, HeatMapGrid, HeatMapPanel};
pub use ready::{Ready, ReadySeries, ReadyStep, steps_from_counts, steps_from_times};
pub use regime_map::{RegimeCell, RegimeMap};
pub use scatter::{Scatter, ScatterPanel};
pub use tornado::{Tornado, TornadoBar};

#[cfg(test)]
mod tests;
