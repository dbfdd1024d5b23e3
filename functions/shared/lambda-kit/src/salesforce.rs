//! The Salesforce client of a function, with its credentials from Secrets Manager.

use std::sync::Arc;

use drayage_aws::clients::Clients;
use drayage_aws::net::GuardedResolver;
use drayage_aws::secrets::Secrets;
use drayage_domain::allow_list::Reach;
use drayage_salesforce::{Client, ClientOptions, Credentials};
use secrecy::ExposeSecret;

use crate::clock;
use crate::error::{FunctionError, SECRET_INVALID, SECRET_UNAVAILABLE};

/// Reads the secret `name` and makes a client of it. Nothing is sent to Salesforce yet.
pub async fn connect(clients: &Clients, name: &str) -> Result<Client, FunctionError> {
    let secret = Secrets::new(clients.secrets())
        .get(name)
        .await
        .map_err(|error| FunctionError::new(SECRET_UNAVAILABLE, error.to_string()))?;
    let credentials = Credentials::from_secret_json(secret.expose_secret())
        .map_err(|error| FunctionError::new(SECRET_INVALID, format!("secret {name}: {error}")))?;
    let reach = clients.reach();
    if credentials.names_this_machine() && reach != Reach::ThisMachine {
        let message = format!(
            "secret {name}: login_url: names this machine, which on AWS is the Lambda runtime; hint: give the org's login URL"
        );
        return Err(FunctionError::new(SECRET_INVALID, message));
    }
    let user_agent = concat!("drayage/", env!("CARGO_PKG_VERSION"));
    let options = ClientOptions::new(user_agent, Arc::new(clock::now));
    let options = options.resolved_by(Arc::new(GuardedResolver::new(reach)));
    Ok(Client::new(credentials, options)?)
}
