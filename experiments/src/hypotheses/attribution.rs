//! The contribution of each layer of a hypothesis's scenario to its failures.

use super::parts::{Files, Hypothesis, Trouble, owner};
use super::schema;
use sixslot_analysis::comparison::ComparisonError;
use sixslot_analysis::layers::{Attribution, LayersError, attribute};
use sixslot_analysis::replications::Stopped;
use sixslot_models::Document;
use sixslot_models::reading::Fault;
use sixslot_models::reading::Node;
use sixslot_models::reading::{self as read, Reader};
use std::sync::atomic::AtomicBool;

/// Default of `threshold`.
const THRESHOLD: f64 = 0.01;

/// A hypothesis with layers in its scenario.
#[derive(Clone, Debug)]
pub struct LayersCase {
    /// The question, in one line.
    pub text: String,
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// A set of layers suffices above this probability.
    pub threshold: f64,
    /// The scenario with its layers.
    pub document: Document,
}

impl LayersCase {
    pub(super) fn read(node: &Node, hypotheses: &[Hypothesis], files: &mut Files) -> Result<Self, Trouble> {
        let reader = Reader::new(node, &schema::LAYERS)?;
        let hypothesis = owner(&reader, hypotheses)?;
        let document = files.document(&hypotheses[hypothesis].change)?;
        if document.layers.is_empty() {
            let fault = Fault::new(reader.place_of("hypothesis"), "its scenario has no layer");
            return Err(fault.help("add [layer.NAME] with a patch `removed_by` there").into());
        }
        let threshold = reader.or("threshold", THRESHOLD, read::number)?;
        if !(0.0..1.0).contains(&threshold) {
            let fault = Fault::new(reader.place_of("threshold"), format!("{threshold} is not a probability"));
            return Err(fault.help("give one from 0 to less than 1").into());
        }
        let text = reader.or("text", "What each layer contributes", read::text)?.to_owned();
        Ok(Self { text, hypothesis, threshold, document })
    }

    /// Simulates loads with every set of the layers.
    ///
    /// # Errors
    /// As [`attribute`], and every interrupt.
    pub(super) fn attribute(&self, loads: u64, seed: u64, interrupt: &AtomicBool) -> Result<Attribution, LayersError> {
        let found = attribute(&self.document, seed, loads, self.threshold, interrupt, |_| ())?;
        if found.loads < loads { Err(ComparisonError::from(Stopped::Interrupted).into()) } else { Ok(found) }
    }
}
