//! From the Lambda runtime to a handler and back.

use std::future::Future;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;
use tracing_subscriber::EnvFilter;

use crate::clock;
use crate::config;
use crate::deadline::Deadline;
use crate::error::FunctionError;
use crate::queue_events::{self, Message};

/// What the runtime says about an invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of the invocation. Names the owner of a lease.
    pub request_id: String,
    /// When Lambda ends the invocation.
    pub deadline: Deadline,
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
    start_logging();
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        let invocation = invocation(&event.context);
        let span = span(&invocation);
        // Boxed: a handler's future is deep, and its type would be part of every layer around it.
        let work = Box::pin(handler(event.payload, invocation));
        async { work.await.map_err(|error| diagnostic(&error)) }.instrument(span)
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
    start_logging();
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| {
        let invocation = invocation(&event.context);
        let span = span(&invocation);
        let handler = &handler;
        async move {
            let mut failed = Vec::new();
            for message in queue_events::messages(event.payload) {
                let id = message.id.clone();
                if let Err(error) = Box::pin(handler(message, invocation.clone())).await {
                    tracing::warn!(
                        message_id = id,
                        error = error.name,
                        detail = error.message,
                        "message goes back to the queue"
                    );
                    failed.push(id);
                }
            }
            Ok::<SqsBatchResponse, Diagnostic>(queue_events::response(failed))
        }
        .instrument(span)
    }))
    .await
}

fn invocation(context: &lambda_runtime::Context) -> Invocation {
    Invocation {
        request_id: context.request_id.clone(),
        deadline: Deadline::from_epoch_ms(context.deadline, clock::now()),
    }
}

fn span(invocation: &Invocation) -> tracing::Span {
    tracing::info_span!("invocation", request_id = invocation.request_id)
}

fn diagnostic(error: &FunctionError) -> Diagnostic {
    tracing::error!(error = error.name, detail = error.message, "invocation failed");
    Diagnostic { error_type: error.name.to_owned(), error_message: error.message.clone() }
}

/// JSON lines on standard output, where Lambda collects them.
fn start_logging() {
    let filter =
        EnvFilter::try_new(config::log_filter()).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .init();
}
