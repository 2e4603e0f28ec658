//! A statement: a sentence with the claim or the advice behind it.

use super::advice::Advice;
use super::claim::Claim;
use super::part::Part;
use serde::Serialize;

/// A claim, or advice that rests on claims.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Said {
    /// A claim.
    Claim(Claim),
    /// Advice.
    Advice(Advice),
}

/// A sentence and what it claims.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statement {
    /// Where it stands.
    pub part: Part,
    /// What it is about: an origin, a label. Statements of two loads with the same kind and subject are of one thing.
    pub subject: String,
    /// The sentence.
    pub text: String,
    /// What it claims, with every number of the sentence.
    #[serde(flatten)]
    pub said: Said,
}

impl From<Claim> for Statement {
    fn from(claim: Claim) -> Self {
        let (subject, text) = claim.said();
        Self { part: claim.part(), subject, text, said: Said::Claim(claim) }
    }
}

impl From<Advice> for Statement {
    fn from(advice: Advice) -> Self {
        Self { part: advice.part(), subject: String::new(), text: advice.text(), said: Said::Advice(advice) }
    }
}

impl Statement {
    /// The kind as the JSON names it.
    pub fn kind(&self) -> &'static str {
        match &self.said {
            Said::Claim(claim) => claim.kind(),
            Said::Advice(advice) => advice.kind(),
        }
    }

    pub(super) fn claim(&self) -> Option<&Claim> {
        match &self.said {
            Said::Claim(claim) => Some(claim),
            Said::Advice(_) => None,
        }
    }

    pub(super) fn weight(&self) -> f64 {
        self.claim().map_or(0.0, Claim::weight)
    }
}
