//! The event source mappings that hand batches to the copy function: disabled, no further batch is taken.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::DisplayErrorContext;
use tokio::time::Instant;

use crate::connection::Connection;
use crate::failure::Failure;

/// Lambda changes a mapping in the background
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>).
const POLL: Duration = Duration::from_secs(1);
/// It takes seconds; after this, something else is wrong.
const CHANGE_MAX: Duration = Duration::from_mins(2);
const HINT: &str =
    "try again; if it stays, check that your role may list, get and update event source mappings";

/// What a mapping is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Batches are handed out.
    Enabled,
    /// They stay in the queue.
    Disabled,
}

impl Wanted {
    const fn state(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
        }
    }

    const fn is_enabled(self) -> bool {
        matches!(self, Self::Enabled)
    }
}

/// Brings every mapping of the copy function into that state, and waits until it is. Those that are in it already are left alone.
pub(super) async fn bring(connection: &Connection, wanted: Wanted) -> Result<(), Failure> {
    bring_within(connection, wanted, POLL, CHANGE_MAX).await
}

async fn bring_within(
    connection: &Connection,
    wanted: Wanted,
    poll: Duration,
    at_most: Duration,
) -> Result<(), Failure> {
    let client = Client::new(&connection.config);
    let function = &connection.stack.copy_function;
    let mut asked = Vec::new();
    let begun = Instant::now();
    loop {
        let mut open = 0;
        for (id, state) in states(&client, function).await? {
            if state == wanted.state() {
                continue;
            }
            open += 1;
            // While one change goes on, Lambda refuses another.
            let is_changing = state.ends_with("ing");
            if !is_changing && !asked.contains(&id) {
                client
                    .update_event_source_mapping()
                    .uuid(&id)
                    .enabled(wanted.is_enabled())
                    .send()
                    .await
                    .map_err(|error| unreachable(&DisplayErrorContext(&error).to_string()))?;
                asked.push(id);
            }
        }
        if open == 0 {
            return Ok(());
        }
        if begun.elapsed() >= at_most {
            return Err(Failure::failed(
                format!(
                    "the queue of {function} is not {} after {} s",
                    wanted.state().to_lowercase(),
                    at_most.as_secs()
                ),
                "start the same command again, which goes on waiting",
            ));
        }
        tokio::time::sleep(poll).await;
    }
}

/// Every mapping's id and state.
async fn states(client: &Client, function: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut pages =
        client.list_event_source_mappings().function_name(function).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(mapping) = pages.next().await {
        let mapping =
            mapping.map_err(|error| unreachable(&DisplayErrorContext(&error).to_string()))?;
        if let (Some(id), Some(state)) = (mapping.uuid, mapping.state) {
            found.push((id, state));
        }
    }
    if found.is_empty() {
        return Err(Failure::failed(
            format!("{function} has no event source mapping, so its work cannot be steered"),
            "deploy the stack again",
        ));
    }
    Ok(found)
}

fn unreachable(error: &str) -> Failure {
    Failure::unreachable(format!("lambda: {error}"), HINT)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};
    use wiremock::matchers::{method, path, path_regex};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::connection::test_support::connection;

    const LIST: &str = "/2015-03-31/event-source-mappings";

    /// The mapping is in these states, one look after the other; the last one stays.
    pub(in crate::control) async fn mapping(server: &MockServer, states: &[&str]) {
        for (at, state) in states.iter().enumerate() {
            let body = json!({"EventSourceMappings": [{"UUID": "m-1", "State": state}]});
            let mock = Mock::given(method("GET"))
                .and(path(LIST))
                .respond_with(ResponseTemplate::new(200).set_body_json(body));
            let times = if at + 1 == states.len() { u64::MAX } else { 1 };
            mock.up_to_n_times(times).mount(server).await;
        }
        Mock::given(method("PUT"))
            .and(path_regex(format!("^{LIST}/m-1$")))
            .respond_with(ResponseTemplate::new(202).set_body_json(json!({"UUID": "m-1"})))
            .mount(server)
            .await;
    }

    /// What mappings were told.
    pub(in crate::control) async fn told(server: &MockServer) -> Vec<Value> {
        let requests = server.received_requests().await.unwrap();
        let updates = requests.iter().filter(|request| request.method.as_str() == "PUT");
        updates.map(|request| request.body_json().unwrap()).collect()
    }

    async fn brought(states: &[&str], wanted: Wanted) -> (MockServer, Result<(), Failure>) {
        let server = MockServer::start().await;
        mapping(&server, states).await;
        let (poll, most) = (Duration::from_millis(1), Duration::from_mins(1));
        let result = bring_within(&connection(&server), wanted, poll, most).await;
        (server, result)
    }

    #[tokio::test]
    async fn a_mapping_is_told_once_and_waited_for() {
        let states = ["Enabled", "Disabling", "Disabling", "Disabled"];
        let (server, result) = brought(&states, Wanted::Disabled).await;
        assert_eq!(result, Ok(()));
        assert_eq!(told(&server).await, [json!({"Enabled": false})]);
    }

    #[tokio::test]
    async fn what_is_in_its_state_already_is_left_alone() {
        let (server, result) = brought(&["Enabled"], Wanted::Enabled).await;
        assert_eq!((result, told(&server).await), (Ok(()), vec![]));
    }

    #[tokio::test]
    async fn a_change_that_goes_on_is_waited_for_before_another_is_asked_for() {
        let states = ["Disabling", "Disabled", "Enabling", "Enabled"];
        let (server, result) = brought(&states, Wanted::Enabled).await;
        assert_eq!(result, Ok(()));
        assert_eq!(told(&server).await, [json!({"Enabled": true})]);
    }

    #[tokio::test]
    async fn waiting_has_an_end() {
        let server = MockServer::start().await;
        mapping(&server, &["Enabled"]).await;
        let (poll, most) = (Duration::from_millis(1), Duration::from_millis(20));
        let result = bring_within(&connection(&server), Wanted::Disabled, poll, most).await;
        assert!(result.unwrap_err().message.contains("is not disabled after"));
    }
}
