//! Which run, batch and invocation a log line or a metric belongs to.
//!
//! The entry of every function opens a span with these fields, and the log carries the fields of the spans around a line at the top
//! level of that line. So no function has to name its run in what it logs, and none can forget it.

use drayage_domain::manifest;
use drayage_domain::message::CopyMessage;
use serde_json::Value;
use tracing::Span;
use tracing::field::Empty;

/// The target of the spans whose fields are written into log lines. Spans of libraries have others, and stay out.
pub(crate) const TARGET: &str = "drayage::correlation";

/// What an invocation, or a message of it, works for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Correlation {
    /// The run; `None` for a check that belongs to none.
    pub(crate) run_id: Option<String>,
    /// The number of the batch, where the work is one.
    pub(crate) batch_id: Option<u32>,
}

impl Correlation {
    /// Of an event by a state machine: the run is named, or it is the execution, or that of the run which it is a step of.
    pub(crate) fn of_event(event: &Value) -> Self {
        let named = ["/runId", "/input/parentRun", "/executionName"];
        let run_id = named.iter().find_map(|place| event.pointer(place)?.as_str());
        Self { run_id: run_id.map(str::to_owned), batch_id: None }
    }

    /// Of a message of the copy queue; nothing is known about one that cannot be read.
    pub(crate) fn of_message(body: &str) -> Self {
        serde_json::from_str::<CopyMessage>(body).map_or_else(
            |_| Self::default(),
            |copy| Self {
                batch_id: manifest::batch_number(&copy.run_id, &copy.batch_key),
                run_id: Some(copy.run_id),
            },
        )
    }

    /// The span around the work. Of the level error, so that no log level takes the fields away from the lines that are left.
    pub(crate) fn span(&self, request_id: &str, trace_id: Option<&str>) -> Span {
        let span = tracing::error_span!(
            target: TARGET, "work", request_id, run_id = Empty, batch_id = Empty, trace_id = Empty
        );
        if let Some(run_id) = &self.run_id {
            span.record("run_id", run_id);
        }
        if let Some(batch_id) = self.batch_id {
            span.record("batch_id", batch_id);
        }
        if let Some(trace_id) = trace_id {
            span.record("trace_id", trace_id);
        }
        span
    }
}

/// The span around the work on one of several batches of an invocation.
pub fn batch(number: u32) -> Span {
    tracing::error_span!(target: TARGET, "batch", batch_id = number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_of(event: &str) -> Option<String> {
        Correlation::of_event(&serde_json::from_str(event).unwrap()).run_id
    }

    #[test]
    fn the_run_of_every_kind_of_event_is_found() {
        assert_eq!(run_of(r#"{"runId": "a", "input": {"parentRun": "b"}}"#).unwrap(), "a");
        assert_eq!(run_of(r#"{"executionName": "c", "input": {"parentRun": "b"}}"#).unwrap(), "b");
        assert_eq!(run_of(r#"{"executionName": "c", "input": {}}"#).unwrap(), "c");
        assert_eq!(run_of(r#"{"kind": "check"}"#), None);
    }

    #[test]
    fn a_message_names_run_and_batch_or_nothing() {
        let body = r#"{"taskToken": "t", "runId": "r", "batchKey": "runs/r/batches/000042.jsonl"}"#;
        let found = Correlation::of_message(body);
        assert_eq!(found, Correlation { run_id: Some("r".to_owned()), batch_id: Some(42) });
        assert_eq!(Correlation::of_message("garbage"), Correlation::default());
    }
}
