//! Labs whose worlds have an org each: for steps that write records.

use anyhow::{Context as _, Result};
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use drayage_local::emulator::REGION;
use drayage_sim::salesforce::{Server, ServerConfig, ServerHandle};

use crate::world::{Lab, SECRET};

impl Lab {
    /// The same, and every world gets an org of its own, which is reached through the gate: for steps that write records. They
    /// tell a topic what happens.
    pub(crate) async fn with_own_orgs() -> Result<Self> {
        let mut lab = Self::start().await?;
        let sns = aws_sdk_sns::Client::from_conf(
            aws_sdk_sns::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(REGION))
                .endpoint_url(lab.emulator.endpoint())
                .credentials_provider(Credentials::new("test", "test", None, None, "local"))
                .build(),
        );
        let topic = sns.create_topic().name("crash").send().await?.topic_arn;
        lab.own_orgs = Some(topic.context("a topic without ARN")?);
        Ok(lab)
    }

    /// A fork of the org, with its secret.
    pub(crate) async fn own_org(&self, world: &str) -> Result<ServerHandle> {
        let server = Server::start(self.org().fork()?, ServerConfig::default()).await?;
        let secret = server.org().client_credentials_secret(server.base_url()).to_string();
        let create = self.clients.secrets.create_secret().name(format!("{SECRET}/{world}"));
        create.secret_string(secret).send().await?;
        Ok(server)
    }
}
