//! The `switch-plan` Lambda: plans which records are repointed or put back, and whether that may start.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, _| switch_plan::handle(&clients, request)).await
}
