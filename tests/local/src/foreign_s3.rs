//! Somebody else's S3: a server of its own, with an access key of its own.

use anyhow::{Context, Result};
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use drayage_sim::s3::{S3Server, S3ServerOptions};
use serde_json::json;

use crate::clients::Clients;
use crate::emulator::REGION;

/// A server that knows one access key, and a client with that key.
#[derive(Debug)]
pub struct ForeignS3 {
    server: S3Server,
    access_key: String,
    client: aws_sdk_s3::Client,
}

impl ForeignS3 {
    /// Starts a server with these options, which serves `access_key` only.
    pub async fn start(access_key: &str, options: S3ServerOptions) -> Result<Self> {
        let options = S3ServerOptions { access_key: Some(access_key.to_owned()), ..options };
        let server = S3Server::start(options).await.context("the S3 server cannot be started")?;
        let credentials = Credentials::new(access_key, secret_key(access_key), None, None, "local");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(server.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .force_path_style(true)
            .build();
        let client = aws_sdk_s3::Client::from_conf(config);
        Ok(Self { server, access_key: access_key.to_owned(), client })
    }

    /// The server.
    pub fn server(&self) -> &S3Server {
        &self.server
    }

    /// A client with the access key.
    pub fn client(&self) -> &aws_sdk_s3::Client {
        &self.client
    }

    /// Stores endpoint and keys as the secret `name`, where the product reads them.
    pub async fn store_secret(&self, clients: &Clients, name: &str) -> Result<()> {
        self.store_secret_with(clients, name, &self.access_key).await
    }

    /// The same with another access key. Replaces an earlier secret of that name.
    pub async fn store_secret_with(
        &self,
        clients: &Clients,
        name: &str,
        access_key: &str,
    ) -> Result<()> {
        let secret = json!({
            "endpoint": self.server.endpoint(),
            "access_key_id": access_key,
            "secret_access_key": secret_key(access_key),
            "region": REGION,
        });
        let (secrets, secret) = (&clients.secrets, secret.to_string());
        let replaced = secrets.put_secret_value().secret_id(name).secret_string(&secret).send();
        if replaced.await.is_err() {
            let create = secrets.create_secret().name(name).secret_string(secret).send();
            create.await.with_context(|| format!("the secret {name} cannot be stored"))?;
        }
        Ok(())
    }
}

/// The server checks no signature, so any secret will do.
fn secret_key(access_key: &str) -> String {
    format!("secret of {access_key}")
}
