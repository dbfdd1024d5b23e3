//! The `analyze` Lambda: adds up the plan of a dry run, and asks sources for the sizes of a sample.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, invocation| analyze::handle(&clients, request, invocation)).await
}
