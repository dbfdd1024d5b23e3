//! The Salesforce side of a local stack: the simulator in this process, or credentials of another API.

use anyhow::{Context, Result};
use drayage_sim::dataset::Dataset;
use drayage_sim::salesforce::{Org, OrgConfig, Server, ServerConfig, ServerHandle};

use crate::clients::Clients;

/// Name of the secret in the emulator.
pub const SECRET: &str = "drayage/salesforce";

/// Serves an org with the records of `dataset` on a free loopback port.
pub async fn start(dataset: &Dataset) -> Result<ServerHandle> {
    let config = OrgConfig { seed: dataset.options.seed, ..OrgConfig::default() };
    let org = Org::new(config).context("the simulated org cannot be made")?;
    dataset.load_org(&org).context("the data set does not fit the simulated org")?;
    Server::start(org, ServerConfig::default())
        .await
        .context("the Salesforce simulator cannot be started")
}

/// The credentials that the product needs for that org.
pub fn secret(server: &ServerHandle) -> Result<String> {
    let secret = server
        .org()
        .jwt_secret(server.base_url())
        .context("the simulated org has no key for its connected app")?;
    Ok(secret.to_string())
}

/// Stores credentials where the product reads them.
pub async fn store_secret(clients: &Clients, secret: &str) -> Result<()> {
    clients
        .secrets
        .create_secret()
        .name(SECRET)
        .secret_string(secret)
        .send()
        .await
        .context("the Salesforce secret cannot be stored in the emulator")?;
    Ok(())
}
