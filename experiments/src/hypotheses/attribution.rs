//! What each layer of a hypothesis's scenario contributes to its failures, for the result.

use super::file::{Files, Hypothesis, Trouble, owner};
use super::schema;
use sixslot_analysis::layers::{Attribution, LayersError, attribute};
use sixslot_models::Document;
use sixslot_models::reading::Fault;
use sixslot_models::reading::Node;
use sixslot_models::reading::{self as read, Reader};
use std::sync::atomic::AtomicBool;

/// A set of layers suffices above this where the file does not say.
const THRESHOLD: f64 = 0.01;

/// A hypothesis whose scenario has layers.
#[derive(Clone, Debug)]
pub struct LayersCase {
    /// What is asked, in one line.
    pub text: String,
    /// The hypothesis, by number.
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
            let fault = Fault::new(reader.place_of("threshold"), format!("{threshold} is no probability"));
            return Err(fault.help("give one from 0 to less than 1").into());
        }
        let text = reader.or("text", "What each layer contributes", read::text)?.to_owned();
        Ok(Self { text, hypothesis, threshold, document })
    }

    /// Plays loads with every set of the layers.
    ///
    /// # Errors
    /// As [`attribute`].
    pub(super) fn attribute(&self, loads: u64, seed: u64, interrupt: &AtomicBool) -> Result<Attribution, LayersError> {
        attribute(&self.document, seed, loads, self.threshold, interrupt, |_| ())
    }
}
