//! JSON lines on standard output, where Lambda collects them. A line that is JSON already is left alone by Lambda's JSON log format
//! (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>).
//!
//! Each line has `timestamp`, `level`, `target` and `message`, the fields of the event, and those of the correlation around it: all at
//! the top level, where queries find them by their names. `tracing-subscriber`'s own JSON puts the fields of spans below `span`.

use std::io::Write as _;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::{clock, config, correlation};

/// Starts logging, for the whole process.
pub(crate) fn start() {
    let filter =
        EnvFilter::try_new(config::log_filter()).unwrap_or_else(|_| EnvFilter::new("info"));
    Registry::default().with(JsonLines { writer: std::io::stdout }.with_filter(filter)).init();
    // Within the span of the work that panics, so that this line names its run as all others do.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panic")));
}

/// Writes a line of JSON per event.
#[derive(Debug)]
pub(crate) struct JsonLines<Writer> {
    pub(crate) writer: Writer,
}

/// Fields of a span or of an event.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl<S, Writer> Layer<S> for JsonLines<Writer>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    Writer: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().target() != correlation::TARGET {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        event.record(&mut line);
        // Over the event's own fields: a line always names the work that it belongs to.
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.clone());
            }
        }
        // Last, so that no field of an event takes their places: Lambda reads the first two.
        let metadata = event.metadata();
        let fixed = [
            ("timestamp", clock::now().to_string()),
            ("level", metadata.level().to_string()),
            ("target", metadata.target().to_owned()),
        ];
        line.0.extend(fixed.map(|(name, value)| (name.to_owned(), Value::String(value))));
        let mut text = Value::Object(line.0).to_string();
        text.push('\n');
        // In one piece, so that lines of several threads stay whole. Nobody is left to tell of a log that cannot be written.
        drop(self.writer.make_writer().write_all(text.as_bytes()));
    }
}

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;

    use super::*;
    use crate::correlation::Correlation;

    /// What is written, for all clones.
    #[derive(Debug, Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` logs at this level.
    fn logged(level: &str, work: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let layer = JsonLines { writer: move || writer.clone() }.with_filter(EnvFilter::new(level));
        with_default(Registry::default().with(layer), work);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn correlation() -> Correlation {
        Correlation { run_id: Some("run-1".to_owned()), batch_id: Some(7) }
    }

    #[test]
    fn every_line_carries_run_and_batch_at_its_top_level() {
        let lines = logged("info", || {
            let _entered = correlation().span("request-1", Some("Root=1-x")).entered();
            tracing::info!(records = 3, clean = true, run_id = "other", "batch \"done\"\nfor now");
            tracing::debug!("not written");
        });
        assert_eq!(lines.len(), 1);
        let mut line = lines[0].clone();
        let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!(
            line,
            serde_json::json!({
                "level": "INFO", "target": "drayage_lambda_kit::logs::tests",
                "message": "batch \"done\"\nfor now", "records": 3, "clean": true,
                "run_id": "run-1", "batch_id": 7, "request_id": "request-1", "trace_id": "Root=1-x"
            })
        );
    }

    #[test]
    fn no_log_level_takes_the_correlation_away() {
        let lines = logged("error", || {
            let _entered = correlation().span("request-1", None).entered();
            let _library = tracing::error_span!(target: "library", "call", secret = "x").entered();
            tracing::error!("failed");
        });
        assert_eq!((&lines[0]["run_id"], &lines[0]["batch_id"]), (&"run-1".into(), &7.into()));
        assert_eq!((lines[0].get("secret"), lines[0].get("trace_id")), (None, None));
    }

    #[test]
    fn a_batch_within_an_invocation_takes_the_place_of_none() {
        let of_the_run = Correlation { batch_id: None, ..correlation() };
        let lines = logged("info", || {
            let _entered = of_the_run.span("request-1", None).entered();
            correlation::batch(9).in_scope(|| tracing::info!("within"));
            tracing::info!("after");
        });
        assert_eq!((&lines[0]["batch_id"], &lines[0]["run_id"]), (&9.into(), &"run-1".into()));
        assert_eq!(lines[1].get("batch_id"), None);
    }
}
