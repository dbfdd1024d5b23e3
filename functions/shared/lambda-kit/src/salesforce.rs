//! The Salesforce client of a function, with its credentials from Secrets Manager.

use std::sync::Arc;

use drayage_aws::secrets::Secrets;
use drayage_salesforce::{Client, ClientOptions, Credentials};
use secrecy::ExposeSecret;

use crate::clock;
use crate::error::{FunctionError, SECRET_INVALID, SECRET_UNAVAILABLE};

/// Reads the secret `name` and makes a client of it. Nothing is sent to Salesforce yet.
pub async fn connect(secrets: &Secrets, name: &str) -> Result<Client, FunctionError> {
    let secret = secrets
        .get(name)
        .await
        .map_err(|error| FunctionError::new(SECRET_UNAVAILABLE, error.to_string()))?;
    let credentials = Credentials::from_secret_json(secret.expose_secret())
        .map_err(|error| FunctionError::new(SECRET_INVALID, format!("secret {name}: {error}")))?;
    let user_agent = concat!("drayage/", env!("CARGO_PKG_VERSION"));
    Ok(Client::new(credentials, ClientOptions::new(user_agent, Arc::new(clock::now)))?)
}
