//! The stack's settings: every environment variable that a function reads, checked all at once.
//!
//! Pure: the caller passes a lookup. Only `config.rs` of `lambda-kit` looks into the real environment.

mod concurrency;
mod new_url_base;
mod source_account;
mod this_machine;

pub use source_account::SourceAccount;

use crate::allow_list::AllowList;
use crate::capacity::Concurrency;
use crate::extension::ExtensionSet;
use crate::problem::Problem;
use crate::record::ObjectFields;
use crate::record_ids::full_ids;
use crate::run::{RunOptions, SourceAccess};
use crate::run_input::{BATCH_SIZE_MAX, BackupInput};

/// Names of the environment variables. The template sets them from its parameters.
pub mod variables {
    /// Name of the `files` table.
    pub const FILES_TABLE: &str = "DRAYAGE_FILES_TABLE";
    /// Name of the `runs` table.
    pub const RUNS_TABLE: &str = "DRAYAGE_RUNS_TABLE";
    /// Bucket with manifests and summaries.
    pub const STATE_BUCKET: &str = "DRAYAGE_STATE_BUCKET";
    /// Bucket that files are copied into.
    pub const DESTINATION_BUCKET: &str = "DRAYAGE_DESTINATION_BUCKET";
    /// Prefix in the destination bucket.
    pub const DESTINATION_PREFIX: &str = "DRAYAGE_DESTINATION_PREFIX";
    /// What a new URL starts with, as a template; empty for the bucket's own address. An `https` address without query and
    /// fragment, such as `https://files.example.com/`. `{bucket}` and `{region}` stand for the destination bucket and the
    /// stack's Region; the address may end in `/{key}`, where the key stands anyway. `http` is taken with a loopback address
    /// and an explicit port only, for local runs.
    pub const NEW_URL_BASE: &str = "DRAYAGE_NEW_URL_BASE";
    /// Name or ARN of the Salesforce secret.
    pub const SALESFORCE_SECRET: &str = "DRAYAGE_SALESFORCE_SECRET";
    /// API name of the sObject.
    pub const OBJECT: &str = "DRAYAGE_OBJECT";
    /// API name of the URL field.
    pub const URL_FIELD: &str = "DRAYAGE_URL_FIELD";
    /// API name of the account lookup.
    pub const ACCOUNT_FIELD: &str = "DRAYAGE_ACCOUNT_FIELD";
    /// `role`, `keys` or `https`.
    pub const SOURCE_ACCESS: &str = "DRAYAGE_SOURCE_ACCESS";
    /// Name or ARN of the secret with the source's keys.
    pub const SOURCE_SECRET: &str = "DRAYAGE_SOURCE_SECRET";
    /// ARN of the role that source buckets are read with; empty for the functions' own.
    pub const SOURCE_ROLE_ARN: &str = "DRAYAGE_SOURCE_ROLE_ARN";
    /// The external id that its trust policy asks for; empty for none.
    pub const SOURCE_EXTERNAL_ID: &str = "DRAYAGE_SOURCE_EXTERNAL_ID";
    /// `true` or `false`: whether our account pays for requests to source buckets.
    pub const SOURCE_REQUESTER_PAYS: &str = "DRAYAGE_SOURCE_REQUESTER_PAYS";
    /// Name or ARN of the secret with the keys of other destinations.
    pub const DESTINATION_SECRET: &str = "DRAYAGE_DESTINATION_SECRET";
    /// Allow-list of source hosts.
    pub const SOURCE_HOSTS: &str = "DRAYAGE_SOURCE_HOSTS";
    /// Files per batch.
    pub const BATCH_SIZE: &str = "DRAYAGE_BATCH_SIZE";
    /// Maximum file size in megabytes.
    pub const MAX_FILE_SIZE_MB: &str = "DRAYAGE_MAX_FILE_SIZE_MB";
    /// Allowed file extensions; empty for all.
    pub const ALLOWED_EXTENSIONS: &str = "DRAYAGE_ALLOWED_EXTENSIONS";
    /// Records from which on Bulk API 2.0 is used.
    pub const BULK_THRESHOLD: &str = "DRAYAGE_BULK_THRESHOLD";
    /// Files that one copy Lambda moves at a time.
    pub const COPY_CONCURRENCY: &str = "DRAYAGE_COPY_CONCURRENCY";
    /// Copy invocations at a time, as the event source mapping has it.
    pub const COPY_MAXIMUM_CONCURRENCY: &str = "DRAYAGE_COPY_MAXIMUM_CONCURRENCY";
    /// Concurrency that is reserved for the copy function; 0 for none.
    pub const COPY_RESERVED_CONCURRENCY: &str = "DRAYAGE_COPY_RESERVED_CONCURRENCY";
    /// Batches of a run that are queued at a time.
    pub const COPY_MAP_CONCURRENCY: &str = "DRAYAGE_COPY_MAP_CONCURRENCY";
    /// Memory of a copy invocation in MB.
    pub const COPY_MEMORY_MB: &str = "DRAYAGE_COPY_MEMORY_MB";
    /// Time limit of a copy invocation in seconds.
    pub const COPY_TIMEOUT_SECONDS: &str = "DRAYAGE_COPY_TIMEOUT_SECONDS";
    /// Seconds after which a message of the copy queue that nobody has deleted is delivered again.
    pub const COPY_VISIBILITY_SECONDS: &str = "DRAYAGE_COPY_VISIBILITY_SECONDS";
    /// Shards that are compared at a time.
    pub const RECONCILE_CONCURRENCY: &str = "DRAYAGE_RECONCILE_CONCURRENCY";
    /// Lanes that are written into Salesforce at a time.
    pub const SWITCH_CONCURRENCY: &str = "DRAYAGE_SWITCH_CONCURRENCY";
    /// Concurrency that is reserved for the function that writes them; 0 for none.
    pub const SWITCH_RESERVED_CONCURRENCY: &str = "DRAYAGE_SWITCH_RESERVED_CONCURRENCY";
    /// URL of the copy queue.
    pub const COPY_QUEUE_URL: &str = "DRAYAGE_COPY_QUEUE_URL";
    /// Share of the org's daily API calls, in percent, that is left to others.
    pub const API_RESERVE_PERCENT: &str = "DRAYAGE_API_RESERVE_PERCENT";
    /// ARN of the SNS topic that people are told through; empty for none.
    pub const TOPIC_ARN: &str = "DRAYAGE_TOPIC_ARN";
    /// Set by Lambda: the stack's Region.
    pub const REGION: &str = "AWS_REGION";
    /// Where the SDK finds AWS instead of at its own addresses: set for an emulator, never by the template.
    pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
}

/// One megabyte as users and S3 consoles count it, in bytes.
const MEGABYTE: u64 = 1024 * 1024;
/// The largest object that S3 stores: 5 TB
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MAX_FILE_SIZE_MB_MAX: u64 = 5 * 1024 * 1024;
/// Bodies share a fixed amount of memory; more files at once than this mostly wait for each other.
const COPY_CONCURRENCY_MAX: u64 = 64;
/// Bodies take 64 MB of an invocation's memory, and everything else as much again at most. Lambda's upper bound:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>.
const COPY_MEMORY_MB: (u64, u64) = (256, 10_240);
/// An invocation's longest time (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const TIMEOUT_SECONDS: (u64, u64) = (10, 900);
/// SQS's upper bound is twelve hours
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
const VISIBILITY_SECONDS: (u64, u64) = (10, 43_200);
/// A URL field of Salesforce holds 255 characters; the description of the sObject has the last word.
pub(crate) const URL_LENGTH_MAX: usize = 255;

/// The settings of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the `files` table.
    pub files_table: String,
    /// Name of the `runs` table.
    pub runs_table: String,
    /// Bucket with manifests and summaries.
    pub state_bucket: String,
    /// Bucket that files are copied into.
    pub destination_bucket: String,
    /// Prefix in it, without a slash at either end.
    pub destination_prefix: String,
    /// What a new URL starts with, its template resolved; ends in a slash.
    pub new_url_base: String,
    /// Name or ARN of the Salesforce secret.
    pub salesforce_secret: String,
    /// The sObject and its fields.
    pub fields: ObjectFields,
    /// How source files are reached.
    pub source_access: SourceAccess,
    /// Name or ARN of the secret with the source's keys; with [`SourceAccess::Keys`].
    pub source_secret: Option<String>,
    /// How source buckets are read with a role.
    pub source_account: SourceAccount,
    /// Name or ARN of the secret with the keys of a transfer's destination that is not reached with roles.
    pub destination_secret: Option<String>,
    /// The allow-list as configured.
    pub source_hosts: String,
    /// Files per batch.
    pub batch_size: u32,
    /// Maximum file size in bytes.
    pub max_file_bytes: u64,
    /// Allowed extensions; empty: all.
    pub allowed_extensions: Vec<String>,
    /// Records from which on Bulk API 2.0 is used.
    pub bulk_threshold: u64,
    /// Files that one copy Lambda moves at a time.
    pub copy_concurrency: usize,
    /// What the template lets run at a time.
    pub concurrency: Concurrency,
    /// Memory of a copy invocation in MB.
    pub copy_memory_mb: u64,
    /// Time limit of a copy invocation in seconds.
    pub copy_timeout_seconds: u64,
    /// Seconds after which a message of the copy queue is delivered again.
    pub copy_visibility_seconds: u64,
    /// The stack's Region; empty where Lambda does not tell.
    pub region: String,
    /// URL of the copy queue.
    pub copy_queue_url: String,
    /// Share of the org's daily API calls, in percent, that is left to others: a run that writes records pauses there.
    pub api_reserve_percent: u64,
    /// ARN of the SNS topic that people are told through.
    pub topic_arn: Option<String>,
}

impl Settings {
    /// Checks everything that `lookup` returns by name. Returns every problem at once.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { lookup: &lookup, problems: Vec::new() };
        let source_access = reader.source_access();
        let source_hosts = reader.source_hosts(source_access);
        let destination_bucket = reader.bucket(variables::DESTINATION_BUCKET);
        let settings = Self {
            files_table: reader.required(variables::FILES_TABLE),
            runs_table: reader.required(variables::RUNS_TABLE),
            state_bucket: reader.bucket(variables::STATE_BUCKET),
            new_url_base: reader.new_url_base(&destination_bucket),
            destination_bucket,
            destination_prefix: reader.prefix(),
            salesforce_secret: reader.required(variables::SALESFORCE_SECRET),
            fields: ObjectFields::new(
                reader.api_name(variables::OBJECT, "DocListEntry__c"),
                reader.api_name(variables::URL_FIELD, "Document__c"),
                reader.api_name(variables::ACCOUNT_FIELD, "Account__c"),
            ),
            source_secret: reader.source_secret(source_access),
            source_account: reader.source_account(),
            destination_secret: reader.optional(variables::DESTINATION_SECRET),
            source_access: source_access.unwrap_or(SourceAccess::Https),
            source_hosts,
            batch_size: u32::try_from(reader.number(
                variables::BATCH_SIZE,
                100,
                (1, u64::from(BATCH_SIZE_MAX)),
            ))
            .unwrap_or(BATCH_SIZE_MAX),
            max_file_bytes: reader.number(
                variables::MAX_FILE_SIZE_MB,
                100,
                (1, MAX_FILE_SIZE_MB_MAX),
            ) * MEGABYTE,
            allowed_extensions: reader.extensions(),
            bulk_threshold: reader.number(variables::BULK_THRESHOLD, 50_000, (0, u64::MAX)),
            copy_concurrency: usize::try_from(reader.number(
                variables::COPY_CONCURRENCY,
                16,
                (1, COPY_CONCURRENCY_MAX),
            ))
            .unwrap_or(1),
            concurrency: reader.concurrency(),
            copy_memory_mb: reader.number(variables::COPY_MEMORY_MB, 1_024, COPY_MEMORY_MB),
            copy_timeout_seconds: reader.number(
                variables::COPY_TIMEOUT_SECONDS,
                900,
                TIMEOUT_SECONDS,
            ),
            copy_visibility_seconds: reader.number(
                variables::COPY_VISIBILITY_SECONDS,
                960,
                VISIBILITY_SECONDS,
            ),
            region: reader.optional(variables::REGION).unwrap_or_default(),
            copy_queue_url: reader.required(variables::COPY_QUEUE_URL),
            api_reserve_percent: reader.number(variables::API_RESERVE_PERCENT, 10, (0, 90)),
            topic_arn: reader.optional(variables::TOPIC_ARN),
        };
        if settings.state_bucket == settings.destination_bucket && !settings.state_bucket.is_empty()
        {
            reader.problems.push(Problem::new(
                variables::STATE_BUCKET,
                "is the destination bucket",
                "manifests and rollback data need a bucket of their own",
            ));
        }
        let local = this_machine::problems(&lookup, &settings.source_hosts, &settings.new_url_base);
        reader.problems.extend(local);
        reader.problems.extend(settings.contradictions());
        if reader.problems.is_empty() { Ok(settings) } else { Err(reader.problems) }
    }

    /// The run lock's name: two runs must not write into the same place at a time.
    pub fn migration(&self) -> String {
        format!("{}/{}", self.destination_bucket, self.destination_prefix)
    }

    /// The options of a run: these settings with an execution's input applied.
    pub fn options(&self, input: &BackupInput) -> RunOptions {
        RunOptions {
            mode: input.mode,
            dry_run: input.dry_run,
            trigger: input.trigger,
            query_api: input.query_api,
            bulk_threshold: self.bulk_threshold,
            fields: self.fields.clone(),
            accounts: input.accounts.clone(),
            records: input.records.as_deref().map(full_ids),
            max_files: input.max_files,
            allowed_extensions: input
                .allowed_extensions
                .clone()
                .unwrap_or_else(|| self.allowed_extensions.clone()),
            max_file_bytes: input
                .max_file_size_mb
                .map_or(self.max_file_bytes, |megabytes| megabytes.saturating_mul(MEGABYTE)),
            batch_size: input.batch_size.unwrap_or(self.batch_size),
            source_access: self.source_access,
            source_hosts: self.source_hosts.clone(),
            destination_bucket: self.destination_bucket.clone(),
            destination_prefix: self.destination_prefix.clone(),
            new_url_base: self.new_url_base.clone(),
            repair: false,
            parent_run: input.parent_run.clone(),
            url_length_max: URL_LENGTH_MAX,
            previous_backup: None,
            org: None,
            analysis: None,
        }
    }
}

struct Reader<'a, L> {
    lookup: &'a L,
    problems: Vec<Problem>,
}

impl<L: Fn(&str) -> Option<String>> Reader<'_, L> {
    /// A variable that is set to something; the template passes an empty text for a parameter that was left out.
    fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn problem(&mut self, place: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(place, message, hint));
    }

    fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(name, "is not set", "the template sets it; deploy the stack again");
            String::new()
        })
    }

    fn bucket(&mut self, name: &str) -> String {
        let bucket = self.required(name);
        if !bucket.is_empty() && !is_bucket_name(&bucket) {
            self.problem(
                name,
                format!("{bucket:?} is not a bucket name"),
                "3 to 63 lower-case letters, digits, dots and hyphens, starting and ending with a letter or digit",
            );
        }
        bucket
    }

    fn prefix(&mut self) -> String {
        let prefix = self
            .optional(variables::DESTINATION_PREFIX)
            .unwrap_or_else(|| "uploads".to_owned())
            .trim_matches('/')
            .to_owned();
        let clean = prefix.split('/').all(|segment| {
            !segment.is_empty()
                && !segment.chars().all(|character| character == '.')
                && segment.chars().all(|character| {
                    character.is_ascii_alphanumeric() || "!-_.'()".contains(character)
                })
        });
        if !clean || prefix.len() > 100 {
            self.problem(
                variables::DESTINATION_PREFIX,
                format!("{prefix:?} cannot be the start of a key"),
                "use up to 100 letters, digits, - _ . ! ' ( ) and single slashes, such as `uploads`",
            );
        }
        prefix
    }

    fn new_url_base(&mut self, bucket: &str) -> String {
        let template = self.optional(variables::NEW_URL_BASE);
        let region = match &template {
            Some(template) if !template.contains("{region}") => String::new(),
            Some(_) | None => self.required(variables::REGION),
        };
        new_url_base::resolve(template.as_deref(), bucket, &region).unwrap_or_else(|problem| {
            self.problems.push(problem);
            String::new()
        })
    }

    fn api_name(&mut self, name: &str, default: &str) -> String {
        let value = self.optional(name).unwrap_or_else(|| default.to_owned());
        let starts_well = value.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
        if !starts_well
            || !value.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        {
            self.problem(
                name,
                format!("{value:?} is not an API name"),
                format!("letters, digits and underscores, such as {default}"),
            );
        }
        value
    }

    fn source_access(&mut self) -> Option<SourceAccess> {
        let name = self.required(variables::SOURCE_ACCESS);
        let access = SourceAccess::from_name(&name);
        if access.is_none() && !name.is_empty() {
            self.problem(
                variables::SOURCE_ACCESS,
                format!("{name:?} is not a kind of access"),
                "one of `role`, `keys`, `https`",
            );
        }
        access
    }

    fn source_secret(&mut self, access: Option<SourceAccess>) -> Option<String> {
        let secret = self.optional(variables::SOURCE_SECRET);
        match (access, &secret) {
            (Some(SourceAccess::Keys), None) => self.problem(
                variables::SOURCE_SECRET,
                "is not set although the source is reached with keys",
                "name the secret with `access_key_id` and `secret_access_key`",
            ),
            (Some(SourceAccess::Role | SourceAccess::Https), Some(_)) => self.problem(
                variables::SOURCE_SECRET,
                "is set although the source is not reached with keys",
                "set the source access to `keys`, or leave the secret out",
            ),
            (Some(SourceAccess::Keys), Some(_))
            | (Some(SourceAccess::Role | SourceAccess::Https) | None, _) => {}
        }
        secret
    }

    fn source_hosts(&mut self, access: Option<SourceAccess>) -> String {
        let hosts = self.optional(variables::SOURCE_HOSTS).unwrap_or_default();
        if hosts.is_empty() {
            if access.is_some() {
                self.problem(
                    variables::SOURCE_HOSTS,
                    "is empty, so that no file could be fetched",
                    "list the hosts that the URLs point at, such as files.example.com or s3://bucket",
                );
            }
        } else if let Err(errors) = AllowList::parse(&hosts) {
            self.problems.extend(
                errors.iter().map(|error| Problem::from_error(variables::SOURCE_HOSTS, error)),
            );
        }
        hosts
    }

    fn number(&mut self, name: &str, default: u64, (low, high): (u64, u64)) -> u64 {
        let Some(text) = self.optional(name) else { return default };
        match text.parse::<u64>() {
            Ok(value) if (low..=high).contains(&value) => value,
            Ok(_) | Err(_) => {
                self.problem(
                    name,
                    format!("{text:?} does not fit"),
                    format!("a whole number from {low} to {high}"),
                );
                default
            }
        }
    }

    fn extensions(&mut self) -> Vec<String> {
        let list = self.optional(variables::ALLOWED_EXTENSIONS).unwrap_or_default();
        match ExtensionSet::parse(&list) {
            Ok(set) => set.iter().map(str::to_owned).collect(),
            Err(errors) => {
                self.problems.extend(
                    errors
                        .iter()
                        .map(|error| Problem::from_error(variables::ALLOWED_EXTENSIONS, error)),
                );
                Vec::new()
            }
        }
    }
}

/// The rules for general purpose buckets
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
fn is_bucket_name(name: &str) -> bool {
    let edge = |character: Option<char>| {
        character.is_some_and(|found| found.is_ascii_lowercase() || found.is_ascii_digit())
    };
    (3..=63).contains(&name.len())
        && edge(name.chars().next())
        && edge(name.chars().next_back())
        && !name.contains("..")
        && name.chars().all(|character| {
            character.is_ascii_lowercase()
                || character.is_ascii_digit()
                || matches!(character, '.' | '-')
        })
}

#[cfg(test)]
pub(crate) mod tests;
