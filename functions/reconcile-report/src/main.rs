//! The `reconcile-report` Lambda: adds up a round, and queues repairs or writes the report.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, invocation| reconcile_report::handle(&clients, request, invocation)).await
}
