//! The `reconcile-plan` Lambda: starts a reconciliation and cuts it into shards.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|request, _| reconcile_plan::handle(&clients, request)).await
}
