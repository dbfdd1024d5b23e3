//! The `enumerate` Lambda: reads every record and writes the run's batches.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, invocation| enumerate::handle(&clients, request, invocation)).await
}
