//! The `dead-letter` Lambda: closes a batch that could not be processed.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_queue};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_queue(|message, invocation| dead_letter::handle(&clients, message, invocation)).await
}
