//! The `approval` Lambda: asks a person to approve a plan.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, _| approval::handle(&clients, request)).await
}
