//! What a command works with: the stack, and clients in the person's own AWS configuration.

mod aws;
mod sign_in;

use aws_config::SdkConfig;
use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;

use crate::failure::Failure;
use crate::output::note;
use crate::stack::{Stack, StackChoice};

pub(crate) use sign_in::hint as sign_in_hint;

/// A stack and how to talk to its parts.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stack: Stack,
    pub(crate) executions: Executions,
    pub(crate) ledger: Ledger,
    pub(crate) storage: Storage,
    pub(crate) clients: Clients,
    /// For the services that only this tool talks to.
    pub(crate) config: SdkConfig,
}

impl Connection {
    /// Finds the stack with the configuration that the AWS CLI would take: options, environment, profile, instance.
    pub(crate) async fn open(choice: &StackChoice) -> Result<Self, Failure> {
        Self::with(configuration(choice).await, choice).await
    }

    /// The same with a configuration that is given.
    pub(crate) async fn with(config: SdkConfig, choice: &StackChoice) -> Result<Self, Failure> {
        sign_in::check(&config, choice.profile.as_deref()).await?;
        let stack = Stack::find(&config, choice).await?;
        stack.notes().iter().for_each(|text| note(text));
        let clients = Clients::from_config(config.clone());
        Ok(Self {
            executions: Executions::new(clients.step_functions()),
            ledger: Ledger::new(clients.dynamodb(), &stack.files_table, &stack.runs_table),
            storage: Storage::new(clients.s3()),
            clients,
            config,
            stack,
        })
    }

    /// A small object of the state bucket; `None` if there is no such key.
    pub(crate) async fn state_object(
        &self,
        key: &str,
        max_bytes: u64,
    ) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.storage.get_bounded(&self.stack.state_bucket, key, max_bytes).await?)
    }
}

/// The person's own AWS configuration.
pub(crate) async fn configuration(choice: &StackChoice) -> SdkConfig {
    aws::load(choice).await
}

#[cfg(test)]
pub(crate) mod test_support;
