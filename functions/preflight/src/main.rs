//! The `preflight` Lambda: checks everything that a run needs before anything starts.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let clients = Clients::load().await;
    serve_task(|event, _| preflight::handle(&clients, event)).await
}
