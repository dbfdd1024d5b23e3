//! What a step works on: an emulator and sources that many worlds share, and per world its own tables, buckets and queue.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use drayage_local::emulator::REGION;
use drayage_local::{Clients, Emulator};
use drayage_sim::files::FileServer;
use drayage_sim::salesforce::{Org, OrgConfig, Server, ServerConfig, ServerHandle};
use serde_json::{Value, json};

use crate::gate::{Kill, Upstream};
use crate::lambda::{Answer, Delivered, Delivery};
use crate::times::STARTED_AT;

/// Every world's run: worlds are compared, so they must not differ in it.
pub(crate) const RUN: &str = "crash-run";
/// The bucket that source files are in.
pub(crate) const SOURCE: &str = "crash-source";
/// The name of the secret that the worlds share.
pub(crate) const SECRET: &str = "crash/salesforce";
/// Much longer than any invocation takes: what a step does must not depend on the machine's speed.
const TIME: Duration = Duration::from_mins(5);

/// An emulator, an org and the sources.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) clients: Clients,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) files: FileServer,
    pub(crate) salesforce: ServerHandle,
    pub(crate) emulator: Emulator,
    worlds: std::sync::atomic::AtomicU32,
    /// The topic, where every world has an org of its own.
    pub(crate) own_orgs: Option<String>,
}

impl Lab {
    /// An empty org, an empty file server and an empty source bucket.
    pub(crate) async fn start() -> Result<Self> {
        let emulator = Emulator::start().await?;
        let clients = Clients::new(&emulator);
        let files = FileServer::start().await?;
        let org = Org::new(OrgConfig::default())?;
        let salesforce = Server::start(org, ServerConfig::default()).await?;
        clients.s3.create_bucket().bucket(SOURCE).send().await?;
        let secret = salesforce.org().jwt_secret(salesforce.base_url())?.to_string();
        clients.secrets.create_secret().name(SECRET).secret_string(secret).send().await?;
        let sqs = aws_sdk_sqs::Client::from_conf(
            aws_sdk_sqs::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(REGION))
                .endpoint_url(emulator.endpoint())
                .credentials_provider(Credentials::new("test", "test", None, None, "local"))
                .build(),
        );
        let worlds = std::sync::atomic::AtomicU32::new(0);
        Ok(Self { clients, sqs, files, salesforce, emulator, worlds, own_orgs: None })
    }

    /// The org.
    pub(crate) fn org(&self) -> &Org {
        self.salesforce.org()
    }

    /// A record with this URL field.
    pub(crate) fn record(&self, account: &str, url: Option<&str>) -> Result<String> {
        let config = self.org().config();
        let fields = json!({
            "Name": "DOC",
            config.url_field: url,
            config.account_field: account,
        });
        Ok(self.org().insert(&config.object, fields)?)
    }

    /// An object in the source bucket.
    pub(crate) async fn source_object(&self, key: &str, bytes: &'static [u8]) -> Result<()> {
        let body = ByteStream::from_static(bytes);
        let put = self.clients.s3.put_object().bucket(SOURCE).key(key);
        put.content_type("application/pdf").body(body).send().await?;
        Ok(())
    }

    /// A world without rows and objects.
    pub(crate) async fn world(&self) -> Result<World<'_>> {
        let number = self.worlds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("world{number:04}");
        let salesforce = match self.own_orgs {
            Some(_) => Some(self.own_org(&name).await?),
            None => None,
        };
        let world = World { lab: self, name, queue: String::new(), salesforce };
        self.table(&world.files_table(), &["record_id"], None).await?;
        let by_start = ("by_start", ["kind", "started_at"]);
        self.table(&world.runs_table(), &["run_id", "item"], Some(by_start)).await?;
        for bucket in [world.state_bucket(), world.destination()] {
            self.clients.s3.create_bucket().bucket(bucket).send().await?;
        }
        let created = self.sqs.create_queue().queue_name(&world.name).send().await?;
        Ok(World { queue: created.queue_url.context("a queue without URL")?, ..world })
    }

    /// A table with the keys of the template's.
    ///
    /// * `index`: name and keys of the index that steps read.
    async fn table(
        &self,
        name: &str,
        keys: &[&str],
        index: Option<(&str, [&str; 2])>,
    ) -> Result<()> {
        let mut create = self
            .clients
            .dynamodb
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(keys)?));
        let indexed = index.iter().flat_map(|(_, keys)| keys);
        for attribute in keys.iter().chain(indexed) {
            let definition = AttributeDefinition::builder()
                .attribute_name(*attribute)
                .attribute_type(ScalarAttributeType::S);
            create = create.attribute_definitions(definition.build()?);
        }
        if let Some((index_name, keys)) = index {
            let projection = Projection::builder().projection_type(ProjectionType::All).build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(index_name)
                .set_key_schema(Some(key_schema(&keys)?))
                .projection(projection);
            create = create.global_secondary_indexes(index.build()?);
        }
        create.send().await?;
        Ok(())
    }
}

fn key_schema(keys: &[&str]) -> Result<Vec<KeySchemaElement>> {
    let element = |(key, key_type): (&&str, KeyType)| {
        Ok(KeySchemaElement::builder().attribute_name(*key).key_type(key_type).build()?)
    };
    keys.iter().zip([KeyType::Hash, KeyType::Range]).map(element).collect()
}

/// Tables, buckets and a queue of one run. Their names are all made from the world's.
#[derive(Debug)]
pub(crate) struct World<'lab> {
    pub(crate) lab: &'lab Lab,
    pub(crate) name: String,
    pub(crate) queue: String,
    salesforce: Option<ServerHandle>,
}

impl World<'_> {
    /// The world's own org, if it has one.
    pub(crate) fn org(&self) -> Option<&Org> {
        self.salesforce.as_ref().map(ServerHandle::org)
    }

    pub(crate) fn files_table(&self) -> String {
        format!("{}-files", self.name)
    }

    pub(crate) fn runs_table(&self) -> String {
        format!("{}-runs", self.name)
    }

    pub(crate) fn state_bucket(&self) -> String {
        format!("{}-state", self.name)
    }

    pub(crate) fn destination(&self) -> String {
        format!("{}-destination", self.name)
    }

    /// Delivers events to one process of a function.
    pub(crate) async fn deliver(
        &self,
        function: &str,
        events: Vec<Value>,
        kill: Option<Kill>,
    ) -> Result<Delivered> {
        self.deliver_within(TIME, function, events, kill).await
    }

    /// The same with another time limit for each invocation.
    pub(crate) async fn deliver_within(
        &self,
        time: Duration,
        function: &str,
        events: Vec<Value>,
        kill: Option<Kill>,
    ) -> Result<Delivered> {
        let program: PathBuf = self.lab.emulator.workspace().binaries().join(function);
        let delivery = Delivery {
            program: &program,
            environment: self.environment(),
            upstream: Upstream {
                aws: self.lab.emulator.endpoint().to_owned(),
                salesforce: self.salesforce.as_ref().map(|own| own.base_url().to_owned()),
            },
            events,
            time,
            kill,
        };
        delivery.deliver().await.with_context(|| format!("{function} in {}", self.name))
    }

    /// Delivers one event that has to succeed.
    pub(crate) async fn succeed(&self, function: &str, event: Value) -> Result<Value> {
        let mut delivered = self.deliver(function, vec![event], None).await?;
        match delivered.answers.pop() {
            Some(Answer::Success(answer)) => Ok(answer),
            other => anyhow::bail!("{function} answers {other:?}"),
        }
    }

    /// The event of `preflight` with this execution input.
    pub(crate) fn start_event(input: &Value) -> Value {
        json!({
            "runId": RUN,
            "executionArn": format!("arn:aws:states:{REGION}:000000000000:execution:backup:{RUN}"),
            "startedAt": STARTED_AT,
            "input": input,
        })
    }

    /// The event of `enumerate`, and of `finalize` after a run without error.
    pub(crate) fn run_event() -> Value {
        json!({ "runId": RUN })
    }

    /// The event of `copy` and `dead-letter`.
    pub(crate) fn batch_event(number: u32) -> Value {
        Self::batch_event_of(RUN, number)
    }

    /// The same for a batch of another run.
    pub(crate) fn batch_event_of(run_id: &str, number: u32) -> Value {
        let body = json!({
            "taskToken": format!("token-{number}"),
            "runId": run_id,
            "batchKey": drayage_domain::manifest::batch_key(run_id, number),
        });
        json!({ "Records": [{
            "messageId": format!("message-{number}"),
            "receiptHandle": "handle",
            "body": body.to_string(),
            "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:copy",
            "awsRegion": REGION,
        }] })
    }

    /// Lets time pass until every lease has ended: the ends that the ledger has stored move into the past.
    pub(crate) async fn leases_end(&self) -> Result<()> {
        let dynamodb = &self.lab.clients.dynamodb;
        for item in crate::state::items(dynamodb, &self.runs_table()).await? {
            if !item.contains_key("lease_until") {
                continue;
            }
            dynamodb
                .update_item()
                .table_name(self.runs_table())
                .key("run_id", item["run_id"].clone())
                .key("item", item["item"].clone())
                .update_expression("SET lease_until = :past")
                .expression_attribute_values(":past", AttributeValue::N("1".to_owned()))
                .send()
                .await?;
        }
        Ok(())
    }

    fn environment(&self) -> Vec<(String, String)> {
        let hosts = format!("s3://{SOURCE},{}", self.lab.files.base_url());
        let secret = match &self.salesforce {
            Some(_) => format!("{SECRET}/{}", self.name),
            None => SECRET.to_owned(),
        };
        let settings = [
            ("DRAYAGE_FILES_TABLE", self.files_table()),
            ("DRAYAGE_RUNS_TABLE", self.runs_table()),
            ("DRAYAGE_STATE_BUCKET", self.state_bucket()),
            ("DRAYAGE_DESTINATION_BUCKET", self.destination()),
            ("DRAYAGE_COPY_QUEUE_URL", self.queue.clone()),
            ("DRAYAGE_SALESFORCE_SECRET", secret),
            ("DRAYAGE_TOPIC_ARN", self.lab.own_orgs.clone().unwrap_or_default()),
            // One for all worlds: their records are compared.
            ("DRAYAGE_NEW_URL_BASE", "https://files.example.com/".to_owned()),
            ("DRAYAGE_SOURCE_ACCESS", "role".to_owned()),
            ("DRAYAGE_SOURCE_HOSTS", hosts),
            ("DRAYAGE_ALLOWED_EXTENSIONS", "pdf".to_owned()),
            // One file at a time: the order of the side effects is the same in every world.
            ("DRAYAGE_COPY_CONCURRENCY", "1".to_owned()),
        ];
        let emulator = self.lab.emulator.environment();
        emulator.into_iter().chain(settings).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
