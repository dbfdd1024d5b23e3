//! From the Lambda runtime to a handler and back. Around a handler stand the correlation of its log lines, and the metrics, which are
//! told when it has ended.

use std::future::Future;
use std::io::Write as _;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use drayage_aws::throttling;
use drayage_domain::parser_words::without_values;
use drayage_salesforce::meter;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument;

use crate::correlation::Correlation;
use crate::deadline::Deadline;
use crate::error::{FunctionError, INPUT_INVALID};
use crate::metrics::{self, API_CALLS, API_CALLS_LEFT, Metrics, Origin, THROTTLES};
use crate::queue_events::{self, Message};
use crate::{clock, config, logs};

/// What the runtime says about an invocation, and what is measured in it.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of the invocation. Names the owner of a lease.
    pub request_id: String,
    /// When Lambda ends the invocation.
    pub deadline: Deadline,
    /// Told when the handler has ended, whether it succeeds or not.
    pub metrics: Metrics,
}

/// The error that ends a function's process.
pub type StartError = lambda_runtime::Error;

/// Serves invocations by a state machine: the event becomes an `Event`, the answer its JSON, an error its name.
pub async fn serve_task<Event, Answer, Handler, Work>(handler: Handler) -> Result<(), StartError>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Handler: Fn(Event, Invocation) -> Work,
    Work: Future<Output = Result<Answer, FunctionError>>,
{
    logs::start();
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let LambdaEvent { payload, context } = event;
        let work = Piece::new(&context, Correlation::of_event(&payload));
        let span = work.span(&context);
        let invocation = work.invocation.clone();
        // Boxed: a handler's future is deep, and its type would be part of every layer around it.
        let handled = serde_json::from_value(payload)
            .map(|event| Box::pin(handler(event, invocation)))
            .map_err(|error| {
                FunctionError::new(INPUT_INVALID, format!("the event: {}", without_values(&error)))
            });
        async move {
            let answer = match handled {
                Ok(handled) => handled.await,
                Err(error) => Err(error),
            };
            work.tell_metrics();
            answer.map_err(|error| diagnostic(&error))
        }
        .instrument(span)
    }))
    .await
}

/// Serves an SQS event source mapping. The handler says for each message whether it is done (`Ok`); a message that is
/// not done goes back to the queue.
pub async fn serve_queue<Handler, Work>(handler: Handler) -> Result<(), StartError>
where
    Handler: Fn(Message, Invocation) -> Work,
    Work: Future<Output = Result<(), FunctionError>>,
{
    logs::start();
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| {
        let handler = &handler;
        async move {
            let LambdaEvent { payload, context } = event;
            let mut failed = Vec::new();
            for message in queue_events::messages(payload) {
                let work = Piece::new(&context, Correlation::of_message(&message.body));
                let (id, span) = (message.id.clone(), work.span(&context));
                let handled = Box::pin(handler(message, work.invocation.clone()));
                let settle = async {
                    let Err(error) = handled.await else { return };
                    tracing::warn!(
                        message_id = id,
                        error = error.name,
                        detail = error.message,
                        "message goes back to the queue"
                    );
                    failed.push(id);
                };
                settle.instrument(span).await;
                work.tell_metrics();
            }
            Ok::<SqsBatchResponse, Diagnostic>(queue_events::response(failed))
        }
    }))
    .await
}

/// An invocation, or a message of one.
struct Piece {
    invocation: Invocation,
    correlation: Correlation,
    function: String,
}

impl Piece {
    fn new(context: &Context, correlation: Correlation) -> Self {
        let invocation = Invocation {
            request_id: context.request_id.clone(),
            deadline: Deadline::from_epoch_ms(context.deadline, clock::now()),
            metrics: Metrics::default(),
        };
        Self { invocation, correlation, function: context.env_config.function_name.clone() }
    }

    fn span(&self, context: &Context) -> tracing::Span {
        self.correlation.span(&self.invocation.request_id, context.xray_trace_id.as_deref())
    }

    /// Adds what the adapters have counted, and writes everything in one piece.
    fn tell_metrics(&self) {
        let Invocation { metrics, request_id, .. } = &self.invocation;
        let spent = meter::take();
        metrics.add(API_CALLS, spent.calls);
        metrics.add_by(THROTTLES, "salesforce", spent.refused);
        for (service, count) in throttling::take() {
            metrics.add_by(THROTTLES, service, count);
        }
        if let Some(percent) = spent.left_percent {
            metrics.note(API_CALLS_LEFT, percent);
        }
        let Some(stack) = config::stack() else { return };
        let (function, correlation) = (self.function.as_str(), &self.correlation);
        let origin = Origin { stack: &stack, function, request_id, correlation, now: clock::now() };
        let lines: String =
            metrics::lines(metrics, origin).into_iter().map(|line| line + "\n").collect();
        // Nobody is left to tell of a standard output that cannot be written.
        drop(std::io::stdout().write_all(lines.as_bytes()));
    }
}

fn diagnostic(error: &FunctionError) -> Diagnostic {
    tracing::error!(error = error.name, detail = error.message, "invocation failed");
    Diagnostic { error_type: error.name.to_owned(), error_message: error.message.clone() }
}
