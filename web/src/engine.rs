//! Questions and their answers.
//!
//! Rule: the last scenario that was read is kept, because a page asks many questions about it; it changes no answer.

use crate::question::{Case, Question, Scenario};
use crate::refusal::{Refusal, json};
use crate::{archives, loads, scenario};
use sixslot_models::{Document, Plan};

/// Answers questions.
#[derive(Debug, Default)]
pub struct Engine {
    last: Option<(Scenario, Document)>,
}

impl Engine {
    /// The answer to a request, as JSON; `archives` are the files that it names.
    pub fn answer(&mut self, request: &[u8], archives: Vec<Vec<u8>>) -> Vec<u8> {
        self.try_answer(request, archives)
            .or_else(|refusal| json(&refusal.answer()))
            .unwrap_or_else(|_| b"{\"error\":{\"message\":\"the error could not be written\"}}".to_vec())
    }

    fn try_answer(&mut self, request: &[u8], files: Vec<Vec<u8>>) -> Result<Vec<u8>, Refusal> {
        match serde_json::from_slice(request)? {
            Question::Check { scenario } => scenario::check(self.document(&scenario)?),
            Question::Load { case, load } => loads::load(&self.plan(&case)?, &case, load),
            Question::Export { case, load, format } => loads::export(&self.plan(&case)?, &case, load, format),
            Question::Tally { case, from, to } => loads::tally(&self.plan(&case)?, case.seed, from..to),
            Question::Estimate { case, tallies, data } => {
                let plan = self.plan(&case)?;
                loads::estimate(self.document(&case.scenario)?, &plan, &case, &tallies, data)
            }
            Question::Count { case, from, to } => loads::count(&self.plan(&case)?, case.seed, from..to),
            Question::Compare { case, loads } => loads::compare(self.document(&case.scenario)?, &case, loads),
            Question::Hash { case, from, to } => loads::hash(&self.plan(&case)?, case.seed, from..to),
            Question::Diagnose { names } => archives::diagnose(&names, &files),
            Question::Import { names } => archives::import(&names, &files),
        }
    }

    fn document(&mut self, scenario: &Scenario) -> Result<&Document, Refusal> {
        let kept = self.last.take().filter(|(last, _)| last == scenario);
        let (_, document) = self.last.insert(match kept {
            Some(kept) => kept,
            None => {
                let document = Document::read(&scenario.name, &scenario.text, &scenario.set)?;
                (scenario.clone(), document)
            }
        });
        Ok(document)
    }

    fn plan(&mut self, case: &Case) -> Result<Plan, Refusal> {
        let document = self.document(&case.scenario)?;
        let fixes = document.fixes_named(&case.fixes)?;
        Ok(document.plan(&fixes, &[])?)
    }
}
