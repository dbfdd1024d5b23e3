//! Everything at once: emulator, simulators, sources and the deployed stack, ready for a backup.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use drayage_aws::ledger::Ledger;
use drayage_domain::run::Summary;
use drayage_sim::dataset::{ALLOWED_EXTENSIONS, Dataset, DatasetOptions, MAX_FILE_SIZE_MB};
use drayage_sim::files::FileServer;
use drayage_sim::salesforce::{Org, ServerHandle};
use serde_json::Value;

use crate::check::{self, CheckReport};
use crate::clients::Clients;
use crate::emulator::Emulator;
use crate::executions::{self, Ended};
use crate::salesforce;
use crate::source::{self, Uploaded};
use crate::stack::{Stack, StackParameters};

/// The bucket that local backups copy into.
pub const DESTINATION: &str = "drayage-destination";
/// A backup of a demo's size takes seconds; a hanging one must not hang a test run.
const BACKUP_LIMIT: Duration = Duration::from_mins(20);

/// What a local stack is made from.
#[derive(Debug, Clone)]
pub struct LocalStackBuilder {
    make: fn(DatasetOptions) -> Dataset,
    entries: usize,
    seed: u64,
    parameters: StackParameters,
    external: Option<External>,
    functions_endpoint: Option<String>,
}

/// Another Salesforce API and source than the simulated ones.
#[derive(Debug, Clone)]
pub struct External {
    /// The Salesforce secret, as JSON.
    pub salesforce_secret: String,
    /// The allow-list of source hosts.
    pub source_hosts: String,
}

/// The simulated surroundings of a stack.
#[derive(Debug)]
pub struct Simulated {
    /// What the org and the sources hold.
    pub dataset: Dataset,
    /// The source that is reached over HTTP.
    pub files: FileServer,
    /// The Salesforce API.
    pub salesforce: ServerHandle,
    /// What the external bucket was filled with.
    pub uploaded: Uploaded,
}

/// A deployed stack with everything around it. Dropping it ends and deletes all of it.
#[derive(Debug)]
pub struct LocalStack {
    clients: Clients,
    stack: Stack,
    simulated: Option<Simulated>,
    emulator: Emulator,
}

impl LocalStack {
    /// 50 entries, seed 1, and the template's parameters as a small local run needs them.
    pub fn builder() -> LocalStackBuilder {
        LocalStackBuilder {
            make: Dataset::generate,
            entries: 50,
            seed: 1,
            parameters: StackParameters::default(),
            external: None,
            functions_endpoint: None,
        }
    }

    /// The emulator.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// SDK clients of the emulator.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// The deployed stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The simulated org, sources and data set; an error for a stack with external ones.
    pub fn simulated(&self) -> Result<&Simulated> {
        self.simulated.as_ref().context("the stack runs against an external Salesforce API")
    }

    /// The data set, unless the stack runs against an external Salesforce API.
    pub fn dataset(&self) -> Option<&Dataset> {
        self.simulated.as_ref().map(|simulated| &simulated.dataset)
    }

    /// The simulated org.
    pub fn org(&self) -> Result<&Org> {
        Ok(self.simulated()?.salesforce.org())
    }

    /// The product's view of its ledger.
    pub fn ledger(&self) -> Result<Ledger> {
        Ok(Ledger::new(
            self.clients.dynamodb.clone(),
            self.stack.output("FilesTable")?,
            self.stack.output("RunsTable")?,
        ))
    }

    /// Starts a backup and returns the execution's ARN.
    pub async fn start_backup(&self, input: &Value) -> Result<String> {
        self.start_execution("StateMachineArn", input).await
    }

    /// Starts an execution of the state machine that an output of the template names, and returns its ARN.
    pub async fn start_execution(&self, machine: &str, input: &Value) -> Result<String> {
        executions::start(&self.clients, self.stack.output(machine)?, input).await
    }

    /// How the execution ended; an error with the end of the emulator's log if it does not end.
    pub async fn wait(&self, execution: &str) -> Result<Ended> {
        executions::wait(&self.clients, execution, BACKUP_LIMIT)
            .await
            .with_context(|| self.emulator.log_tail(20))
    }

    /// Runs a backup to its end and reads the summary that it puts out.
    pub async fn run_backup(&self, input: &Value) -> Result<Summary> {
        let execution = self.start_backup(input).await?;
        let ended = self.wait(&execution).await?;
        summary(ended).with_context(|| self.emulator.log_tail(20))
    }

    /// Compares the destination with the sources, without help from the product.
    pub async fn check(&self) -> Result<CheckReport> {
        check::run(self, usize::MAX).await
    }

    /// The same, but at most `comparisons` files, evenly spread, are compared byte for byte.
    pub async fn check_sample(&self, comparisons: usize) -> Result<CheckReport> {
        check::run(self, comparisons).await
    }

    /// An error unless every record is in exactly one end state and the states are those that the data set expects.
    pub fn assert_accounted(&self, summary: &Summary) -> Result<()> {
        let counted = summary.counts.records();
        if !summary.accounted_for || counted != summary.enumerated || summary.batches_open > 0 {
            bail!(
                "the sums do not add up: {} enumerated, {counted} counted, {} batches open",
                summary.enumerated,
                summary.batches_open
            );
        }
        let Some(dataset) = self.dataset() else { return Ok(()) };
        let expected = dataset.expected_counts();
        if expected != summary.counts.outcomes {
            bail!("expected {expected:?}\n  actual {:?}", summary.counts.outcomes);
        }
        Ok(())
    }
}

impl LocalStackBuilder {
    /// Number of document entries.
    #[must_use]
    pub fn files(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// Peculiar entries only, over all combinations of hazards.
    #[must_use]
    pub fn combinations(mut self) -> Self {
        self.make = Dataset::combinations;
        self
    }

    /// Small ordinary entries only.
    #[must_use]
    pub fn small_files(mut self) -> Self {
        self.make = Dataset::small_files;
        self
    }

    /// Where the functions send their requests to instead of to the emulator.
    #[must_use]
    pub fn functions_endpoint(mut self, endpoint: &str) -> Self {
        self.functions_endpoint = Some(endpoint.to_owned());
        self
    }

    /// Seed of the data set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Values for the template's parameters; they go before the local defaults.
    #[must_use]
    pub fn parameters(mut self, parameters: StackParameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// Runs against another Salesforce API and source, fetched by https.
    #[must_use]
    pub fn external(mut self, external: External) -> Self {
        self.external = Some(external);
        self
    }

    /// Starts and deploys everything. The slow parts overlap.
    pub async fn start(self) -> Result<LocalStack> {
        let emulator = Emulator::start_for(self.functions_endpoint.as_deref()).await?;
        let clients = Clients::new(&emulator);
        let parameters = self
            .parameters
            .with_default("SalesforceSecret", salesforce::SECRET)
            .with_default("DestinationBucket", DESTINATION)
            .with_default("Architecture", architecture()?)
            .with_default("CopyMaximumConcurrency", "5")
            // The emulator makes a stack within a stack in the background, which takes some seconds: what does not test the monitoring
            // does without.
            .with_default("Monitoring", "none");
        let new_url_base = own_address(&emulator, &parameters);
        let parameters = parameters.with_default("NewUrlBase", new_url_base);
        if let Some(external) = self.external {
            let parameters = parameters
                .with_default("SourceAccess", "https")
                .with_default("SourceHosts", &external.source_hosts);
            salesforce::store_secret(&clients, &external.salesforce_secret).await?;
            let stack = Stack::deploy(&emulator, &parameters).await?;
            return Ok(LocalStack { clients, stack, simulated: None, emulator });
        }
        let files = FileServer::start().await.context("the file server cannot be started")?;
        let dataset = (self.make)(DatasetOptions {
            seed: self.seed,
            entries: self.entries,
            source_bucket: source::BUCKET.to_owned(),
            destination_bucket: parameters.get("DestinationBucket").unwrap_or_default().to_owned(),
            http_base: files.base_url().to_owned(),
        });
        dataset.load_files(&files);
        let parameters = parameters
            .with_default("SourceAccess", "role")
            .with_default("SourceBuckets", source::BUCKET)
            .with_default("SourceHosts", dataset.source_hosts())
            .with_default("AllowedExtensions", ALLOWED_EXTENSIONS)
            .with_default("MaxFileSizeMb", MAX_FILE_SIZE_MB.to_string());
        let surroundings = fill(&clients, dataset);
        let (stack, (dataset, salesforce, uploaded)) =
            tokio::try_join!(Stack::deploy(&emulator, &parameters), surroundings)?;
        let simulated = Some(Simulated { dataset, files, salesforce, uploaded });
        Ok(LocalStack { clients, stack, simulated, emulator })
    }
}

/// Fills the external bucket, then the org, whose URLs may name versions in that bucket.
async fn fill(
    clients: &Clients,
    mut dataset: Dataset,
) -> Result<(Dataset, ServerHandle, Uploaded)> {
    let uploaded = source::upload(clients, &dataset).await?;
    for (place, version_id) in &uploaded.replaced {
        dataset.set_version(place, version_id);
    }
    let salesforce = salesforce::start(&dataset).await?;
    salesforce::store_secret(clients, &salesforce::secret(&salesforce)?).await?;
    Ok((dataset, salesforce, uploaded))
}

/// The summary that a successful execution puts out.
pub fn summary(ended: Ended) -> Result<Summary> {
    serde_json::from_value(ended.output()?).context("the execution's output is not a summary")
}

/// The destination bucket's address in the emulator, where a new URL can be opened: path style, because a bucket's own host
/// name would have to be resolved. The emulator answers requests without credentials, as a public bucket does.
fn own_address(emulator: &Emulator, parameters: &StackParameters) -> String {
    let bucket = parameters.get("DestinationBucket").unwrap_or_default();
    format!("{}/{bucket}/", emulator.endpoint())
}

/// This machine's processor as Lambda names it.
fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => {
            bail!("Lambda has no architecture {other}; hint: use an x86-64 or 64-bit ARM machine")
        }
    }
}
