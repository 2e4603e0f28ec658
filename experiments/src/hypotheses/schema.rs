//! The fields of a hypotheses file.
//!
//! Rule: as for scenarios, a key that is not here is an error at its line and column ([`sixslot_models::reading::Reader`] checks it).

use sixslot_models::schema::{Field, Fields, Kind};

const fn field(key: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { key, kind, text }
}

/// The whole file.
pub static HYPOTHESES: Fields = Fields {
    text: "Several hypotheses about one page, the published figures that they must explain, and what they predict.",
    required: &["schema", "hypothesis", "figure"],
    fields: &[
        field("schema", Kind::Whole, "The version of this format: 1."),
        field("title", Kind::Text, "What is decided, in one line."),
        field("introduction", Kind::Text, "Markdown under the title."),
        field("loads", Kind::Whole, "Loads of each figure and hypothesis. Default 1000."),
        field("hypothesis", Kind::Named(&HYPOTHESIS), "The hypotheses, in the order of the tables."),
        field("figure", Kind::Named(&FIGURE), "The published figures."),
        field("prediction", Kind::Named(&PREDICTION), "Cases that the hypotheses were not fitted to."),
        field(
            "region",
            Kind::Named(&REGION),
            "Regions of a hypothesis's parameters in which several figures are inside together.",
        ),
        field(
            "truth_names",
            Kind::Keyed(&Kind::Text),
            "Names of requests in the truth file of a capture, and in the scenarios.",
        ),
        field("overlay", Kind::Named(&OVERLAY), "Captures of the page, each compared with a load of a hypothesis."),
        field("layers", Kind::Table(&LAYERS), "The contribution of each layer of a hypothesis's scenario."),
        field("recovery", Kind::Table(&RECOVERY), "Where a hypothesis's page is healthy, fails, or never recovers."),
        field("conclusion", Kind::Named(&CONCLUSION), "Conclusions, as text with placeholders for numbers."),
    ],
};

/// A hypothesis.
pub static HYPOTHESIS: Fields = Fields {
    text: "A hypothesis: a scenario with changes.",
    required: &["scenario"],
    fields: &[
        field("title", Kind::Text, "What it is, in one line."),
        field("scenario", Kind::Text, "The scenario file, from this file's folder."),
        field("set", Kind::Names, "PATH=VALUE, as of --set."),
        field("fixes", Kind::Names, "Fixes of the scenario."),
        field(
            "explains",
            Kind::Boolean,
            "Whether it is compared with the figures; else it only predicts. Default true.",
        ),
    ],
};

/// A figure.
pub static FIGURE: Fields = Fields {
    text: "A published figure and the quantity of a load that it is about.",
    required: &["text", "observe"],
    fields: &[
        field("text", Kind::Text, "What was published, in one line."),
        field("value", Kind::Time, "The value: a length of time, or a number for counts and shares."),
        field("low", Kind::Time, "The lower end of a published range."),
        field("high", Kind::Time, "Its upper end."),
        field("tolerance", Kind::Time, "Time that the page's own clock adds; widens the published value or range."),
        field(
            "observe",
            Kind::Choice(OBSERVABLES),
            "calls, aborted, answered: how many ended in the window. request-time: all the time of these calls and of the sockets together. duration, abort-duration, first-byte, sent-after: of each call. socket-life: to its end or the window's. error-time: from the first call that can show the error. ready-time: from the load's start. failed, cleared: shares of the loads.",
        ),
        field(
            "requests",
            Kind::Names,
            "The requests or sockets that count, under any hypothesis's names. Default: all.",
        ),
        field("attempt", Kind::Whole, "1-based number of the only call of a request that counts. Default: every call."),
        field(
            "window",
            Kind::Span,
            "How long the capture is, from the first call that can show the error. Default: to the horizon.",
        ),
        field("tab", Kind::Whole, "Only this tab counts, from 0. Default: every one."),
        field(
            "given",
            Kind::Choice(&["any", "failed", "loaded", "not-loaded"]),
            "The loads that count. Default \"any\".",
        ),
        field("hypotheses", Kind::Names, "The hypotheses that predict it. Default: all that explain."),
        field("with", Kind::Named(&CHANGE), "What a hypothesis changes for this figure, by the hypothesis's name."),
    ],
};

/// A change of a hypothesis.
pub static CHANGE: Fields = Fields {
    text: "What a hypothesis changes for one figure.",
    required: &[],
    fields: &[
        field("scenario", Kind::Text, "Another scenario file."),
        field("set", Kind::Names, "PATH=VALUE, after the hypothesis's own (alone with another scenario)."),
        field("fixes", Kind::Names, "Fixes, after the hypothesis's own (alone with another scenario)."),
    ],
};

/// A prediction.
pub static PREDICTION: Fields = Fields {
    text: "A case that will be measured, or, with `measured_failures` and `measured_ready`, one that was.",
    required: &["text", "hypotheses"],
    fields: &[
        field("text", Kind::Text, "The case, in one line."),
        field("hypotheses", Kind::Names, "Who predicts."),
        field("set", Kind::Names, "PATH=VALUE, after the hypothesis's own."),
        field("fixes", Kind::Names, "Fixes, after the hypothesis's own."),
        field("measured_loads", Kind::Whole, "Number of loads that were measured, or will be. Default 15."),
        field("measured_failures", Kind::Whole, "Number of them that failed."),
        field(
            "measured_ready",
            Kind::Span,
            "The median of their times to ready; \"never\" if half of them were not ready.",
        ),
    ],
};

/// A region.
pub static REGION: Fields = Fields {
    text: "A grid of a hypothesis's parameters; at each point the figures are compared with the hypothesis.",
    required: &["hypothesis", "figures", "parameters"],
    fields: &[
        field("text", Kind::Text, "Description, in one line."),
        field("hypothesis", Kind::Text, "Whose parameters."),
        field("figures", Kind::Names, "The figures that must be inside together."),
        field("parameters", Kind::Keyed(&Kind::Numbers), "The values of each parameter."),
    ],
};

/// Captures.
pub static OVERLAY: Fields = Fields {
    text: "Captures in a folder: each NNN.har.gz with its NNN.truth.json.gz; each is compared with the nearest load of the hypothesis.",
    required: &["folder", "hypothesis"],
    fields: &[
        field("text", Kind::Text, "What was captured, in one line."),
        field("folder", Kind::Text, "The folder, from this file's folder."),
        field("hypothesis", Kind::Text, "Whose loads."),
        field("latent", Kind::Text, "The parameter that differs from load to load, for the table."),
        field("set", Kind::Names, "PATH=VALUE, after the hypothesis's own."),
        field("fixes", Kind::Names, "Fixes, after the hypothesis's own."),
    ],
};

/// Layers.
pub static LAYERS: Fields = Fields {
    text: "A hypothesis with layers in its scenario; the contribution of each to the failures.",
    required: &["hypothesis"],
    fields: &[
        field("text", Kind::Text, "The question, in one line."),
        field("hypothesis", Kind::Text, "The hypothesis."),
        field("threshold", Kind::Number, "A set of layers suffices above this probability. Default 0.01."),
    ],
};

/// The map of recovery.
pub static RECOVERY: Fields = Fields {
    text: "A grid of two parameters of a hypothesis; each point is healthy, fails and recovers, or never recovers.",
    required: &["hypothesis", "parameters", "x_label", "y_label"],
    fields: &[
        field("text", Kind::Text, "What it shows, in one line."),
        field("hypothesis", Kind::Text, "Whose parameters."),
        field("set", Kind::Names, "PATH=VALUE, after the hypothesis's own; the horizon, above all."),
        field("fixes", Kind::Names, "Fixes, after the hypothesis's own."),
        field("loads", Kind::Whole, "Loads of each point, and no more than of a figure. Default 40."),
        field("parameters", Kind::Keyed(&Kind::Numbers), "The values of the two parameters: across, then up."),
        field("x_label", Kind::Text, "The first parameter in words, with its unit."),
        field("y_label", Kind::Text, "The second one."),
    ],
};

/// A conclusion.
pub static CONCLUSION: Fields = Fields {
    text: "A paragraph. {median:FIGURE:HYPOTHESIS}, {range:FIGURE:HYPOTHESIS}, {published:FIGURE}, {inside:HYPOTHESIS}, {of:HYPOTHESIS} and {outside:HYPOTHESIS}, {failed:PREDICTION:HYPOTHESIS}, {cleared:PREDICTION:HYPOTHESIS}, {not-ready:PREDICTION:HYPOTHESIS}, {ready:PREDICTION:HYPOTHESIS}, {cells:held} and {cells:all}, {overlays:same} and {overlays:all}, {layers:total} and {layer:NAME} are placeholders for numbers.",
    required: &["text"],
    fields: &[field("text", Kind::Text, "The paragraph.")],
};

/// What can be observed in a load.
pub const OBSERVABLES: &[&str] = &[
    "calls",
    "aborted",
    "answered",
    "request-time",
    "duration",
    "abort-duration",
    "first-byte",
    "sent-after",
    "socket-life",
    "error-time",
    "ready-time",
    "failed",
    "cleared",
];
