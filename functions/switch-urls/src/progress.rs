//! How far a batch is: its results document, written after the rows that it tells about.

use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::results::{LineEnding, SwitchResults, results_key};
use drayage_lambda_kit::error::FunctionError;

use crate::context::Context;

/// The results of a batch that is being worked on. Only the holder of the batch's lease writes them.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    context: &'a Context,
    key: String,
    results: SwitchResults,
    /// The client's calls that are in the results already.
    calls_told: u64,
}

impl<'a> Progress<'a> {
    /// What earlier invocations have left.
    pub(crate) async fn load(context: &'a Context, number: u32) -> Result<Self, FunctionError> {
        let key = results_key(&context.run.run_id, number);
        let results = context.documents.find(&key).await?.unwrap_or_default();
        Ok(Self { context, key, results, calls_told: context.client.calls() })
    }

    /// Of a batch that nobody has worked on.
    #[cfg(test)]
    pub(crate) fn empty(context: &'a Context) -> Self {
        let key = results_key(&context.run.run_id, 1);
        Self { context, key, results: SwitchResults::default(), calls_told: context.client.calls() }
    }

    /// The results.
    pub(crate) const fn results(&self) -> &SwitchResults {
        &self.results
    }

    /// Whether a line needs nothing more.
    pub(crate) fn has_ended(&self, line: &SwitchLine) -> bool {
        self.results.endings.contains_key(&line.record_id)
    }

    /// Notes an ending; [`Self::save`] keeps it.
    pub(crate) fn end(&mut self, line: &SwitchLine, ending: LineEnding) {
        self.results.endings.insert(line.record_id.clone(), ending);
    }

    /// The job that may be under way.
    pub(crate) fn job_id(&self) -> Option<String> {
        self.results.job_id.clone()
    }

    /// Notes a job, or that there is none.
    pub(crate) fn set_job_id(&mut self, job_id: Option<String>) {
        self.results.job_id = job_id;
    }

    /// Writes the document.
    pub(crate) async fn save(&mut self) -> Result<(), FunctionError> {
        let calls = self.context.client.calls();
        self.results.api_calls += calls - self.calls_told;
        self.calls_told = calls;
        self.context.documents.write(&self.key, &self.results).await
    }
}
