//! The `switch-urls` Lambda: writes the planned URLs into Salesforce, reads every one back, and verifies them.

use drayage_aws::clients::Clients;
use drayage_lambda_kit::runtime::{StartError, serve_task};
use switch_urls::Switcher;

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let switcher = Switcher::new(Clients::load().await);
    serve_task(|request, invocation| switcher.handle(request, invocation)).await
}
