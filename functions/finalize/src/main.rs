//! The `finalize` Lambda: adds up what a run did.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, invocation| finalize::handle(&clients, request, invocation)).await
}
