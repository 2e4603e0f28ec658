//! Quantities: distributions and linear forms.
//!
//! Rule: each key has its meaning, its unit and its default.

use super::{Fields, Kind, field};

/// A form or distribution written as a table.
pub static FORM: Fields = Fields {
    text: "A distribution (`distribution` and its numbers), or a linear form (`base`, `per`).",
    required: &[],
    fields: &[
        field(
            "distribution",
            Kind::Choice(DISTRIBUTIONS),
            "The family. Give its own numbers, or two quantiles (p05, median, p95, ...).",
        ),
        field("value", Kind::Time, "constant: the value."),
        field("low", Kind::Time, "uniform, triangular: the least value."),
        field("mode", Kind::Time, "triangular: the most likely value."),
        field("high", Kind::Time, "uniform, triangular: the greatest value."),
        field("mean", Kind::Time, "exponential, gamma, erlang, log-normal: the mean."),
        field("std_dev", Kind::Time, "gamma, log-normal: the standard deviation, with `mean`."),
        field("sigma", Kind::Number, "log-normal: the standard deviation of the logarithm, with `median`."),
        field("shape", Kind::Number, "gamma, weibull, pareto: the shape."),
        field("stages", Kind::Whole, "erlang: number of exponential stages."),
        field("scale", Kind::Time, "weibull: the scale."),
        field("minimum", Kind::Time, "pareto: the least value."),
        field("samples", Kind::Spans, "empirical: measured values."),
        field(
            "quantiles",
            Kind::Keyed(&Kind::Time),
            "empirical: values by probability, such as { p0 = \"1ms\", p50 = \"5ms\", p100 = \"1s\" }.",
        ),
        field("median", Kind::Time, "The value that half of the draws lie under."),
        field("shift", Kind::Time, "Added to every draw."),
        field("factor", Kind::Number, "Multiplies every draw."),
        field("at_least", Kind::Time, "Draws below are left out (the law is conditioned)."),
        field("at_most", Kind::Time, "Draws above are left out (the law is conditioned)."),
        field("base", Kind::Time, "The part of a linear form that does not depend on parameters."),
        field(
            "per",
            Kind::Keyed(&Kind::Time),
            "Added for each unit of a parameter, or of a product of parameters (\"projects * sessions\").",
        ),
        field("times", Kind::Text, "A parameter that multiplies the whole."),
        field(
            "noise",
            Kind::Parameter,
            "A distribution of numbers that multiplies the whole, drawn for each request. Given by quantiles around 1, its median is 1 and its mean is above 1: log-normal with p05 = 0.422 and p95 = 2.37 has the mean 1.147. Draws of one load are independent unless the server has `noise_shared`.",
        ),
    ],
};

/// The families of distributions.
pub const DISTRIBUTIONS: &[&str] = &[
    "constant",
    "uniform",
    "exponential",
    "log-normal",
    "gamma",
    "erlang",
    "weibull",
    "pareto",
    "triangular",
    "empirical",
];
