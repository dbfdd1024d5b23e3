//! `dray pause` and `dray resume`.

use aws_sdk_sts::Client;
use clap::Args;
use drayage_domain::pause::Pause as Paused;
use serde_json::json;

use super::mappings::{self, Wanted};
use crate::cli::Common;
use crate::clock;
use crate::connection::Connection;
use crate::execution::command;
use crate::failure::{Failure, Verdict};
use crate::output::{data, json as print_json, note};
use crate::view::PauseView;

/// Written where the identity cannot be read.
const SOMEBODY: &str = "somebody whose identity AWS does not tell";
const PAUSE_HELP: &str = "\
Pauses the work of the whole stack. No further batch is copied, no further page is read from Salesforce, and no further window of records \
is written. What is in work ends first: a copy invocation has up to its time limit (15 minutes at most). Runs stay open and wait; nothing \
is lost, and nothing has to be started again. What a pause is bounded by: batches that were queued before wait for five days, Salesforce keeps a \
query's cursor for some days (the reading then goes on by id), and an execution ends at its own time limit.

Pausing what is paused changes nothing.

Examples:
  dray pause
  dray status          tells since when, and by whom
  dray resume";
const RESUME_HELP: &str = "\
Lets paused work go on where it stopped. Nothing happens if the stack is not paused.

Examples:
  dray resume
  dray resume --json";

#[derive(Debug, Args)]
#[command(after_long_help = PAUSE_HELP)]
pub(crate) struct Pause {}

#[derive(Debug, Args)]
#[command(after_long_help = RESUME_HELP)]
pub(crate) struct Resume {}

/// `dray pause`.
pub(crate) async fn run_pause(_arguments: &Pause, common: &Common) -> Result<Verdict, Failure> {
    let connection = Connection::open(&common.stack).await?;
    note("pausing; the queue is being closed ...");
    let paused = pause(&connection).await?;
    if common.json {
        print_json(&json!({"paused": paused}))?;
    } else {
        data(&paused_text(&paused, &command(&connection.stack, "resume")))?;
    }
    Ok(Verdict::Clean)
}

/// `dray resume`.
pub(crate) async fn run_resume(_arguments: &Resume, common: &Common) -> Result<Verdict, Failure> {
    let connection = Connection::open(&common.stack).await?;
    let before = connection.ledger.paused().await?;
    note("resuming; the queue is being opened ...");
    resume(&connection).await?;
    if common.json {
        print_json(&json!({"paused": null, "wasPaused": before.is_some()}))?;
    } else {
        data(if before.is_some() { "The work goes on." } else { "It was not paused." })?;
    }
    Ok(Verdict::Clean)
}

fn paused_text(paused: &PauseView, resume: &str) -> String {
    format!(
        "Paused since {} by {}.\nWhat is in work ends: up to 15 minutes for a batch of files, seconds for records that are \
         written. Then nothing moves.\nTo go on: {resume}",
        paused.since, paused.by
    )
}

/// Pauses the work of the stack: no further batch is taken, nothing more is read from or written into Salesforce. What is in work ends.
/// Pausing what is paused changes nothing.
pub(crate) async fn pause(connection: &Connection) -> Result<PauseView, Failure> {
    let wanted = Paused { since: clock::now().to_string(), by: identity(connection).await };
    let Paused { since, by } = connection.ledger.pause(&wanted).await?;
    mappings::bring(connection, Wanted::Disabled).await?;
    Ok(PauseView { since, by })
}

/// Lets the work go on. Nothing happens if it is not paused.
pub(crate) async fn resume(connection: &Connection) -> Result<(), Failure> {
    // The pause is taken away last: broken off before that, the command can be given again, and the stack says what it is.
    mappings::bring(connection, Wanted::Enabled).await?;
    Ok(connection.ledger.resume().await?)
}

/// Who asks, as AWS tells it. A pause is not refused because that cannot be read.
async fn identity(connection: &Connection) -> String {
    let answer = Client::new(&connection.config).get_caller_identity().send().await;
    answer.ok().and_then(|identity| identity.arn).unwrap_or_else(|| SOMEBODY.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wiremock::matchers::{body_string_contains, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::connection::test_support::{answer, connection, sent};
    use crate::control::mappings::tests::{mapping, told};

    const ARN: &str = "arn:aws:iam::111122223333:user/ada";
    const PUT: &str = "DynamoDB_20120810.PutItem";

    async fn stack(states: &[&str]) -> MockServer {
        let server = MockServer::start().await;
        mapping(&server, states).await;
        answer(&server, PUT, 200, &json!({})).await;
        answer(&server, "DynamoDB_20120810.DeleteItem", 200, &json!({})).await;
        let identity = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>{ARN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        Mock::given(method("POST"))
            .and(body_string_contains("Action=GetCallerIdentity"))
            .respond_with(ResponseTemplate::new(200).set_body_string(identity))
            .mount(&server)
            .await;
        server
    }

    #[tokio::test]
    async fn a_pause_is_in_the_ledger_and_closes_the_queue() {
        let server = stack(&["Enabled", "Disabled"]).await;
        let paused = pause(&connection(&server)).await.unwrap();
        assert_eq!(paused.by, ARN);
        assert_eq!(told(&server).await, [json!({"Enabled": false})]);
        let written: Vec<Value> = sent(&server, PUT).await;
        assert!(written[0].to_string().contains(ARN), "{written:?}");
        let text = paused_text(&paused, "dray resume");
        assert!(text.contains(ARN) && text.ends_with("To go on: dray resume"), "{text}");
    }

    #[tokio::test]
    async fn resuming_opens_the_queue_and_takes_the_pause_away() {
        let server = stack(&["Disabled", "Enabled"]).await;
        assert_eq!(resume(&connection(&server)).await, Ok(()));
        assert_eq!(told(&server).await, [json!({"Enabled": true})]);
        assert_eq!(sent(&server, "DynamoDB_20120810.DeleteItem").await.len(), 1);
    }

    #[tokio::test]
    async fn an_identity_that_cannot_be_read_is_no_reason_not_to_pause() {
        let server = MockServer::start().await;
        mapping(&server, &["Disabled"]).await;
        answer(&server, PUT, 200, &json!({})).await;
        assert_eq!(pause(&connection(&server)).await.unwrap().by, SOMEBODY);
    }
}
