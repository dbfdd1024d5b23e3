//! The `copy` Lambda: copies the files of one batch.

use copy::Copier;
use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_queue};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let copier = Copier::new(Clients::load().await);
    serve_queue(|message, invocation| copier.handle(message, invocation)).await
}
