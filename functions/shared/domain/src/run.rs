//! A run: what it was asked to do, how far its enumeration is, how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::analysis::AnalysisOptions;
use crate::counts::Counts;
use crate::object_batch::ObjectOptions;
use crate::org::Org;
use crate::record::ObjectFields;
use crate::run_input::{Mode, QueryApi, Trigger};
use crate::settings::Settings;
use crate::switch::options::SwitchOptions;
use crate::switch::summary::SwitchSummary;

/// How source files are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceAccess {
    /// S3 with the Lambda's own role, so the storage service can copy by itself.
    Role,
    /// S3 with keys (and an endpoint) from a secret; bytes pass through the Lambda.
    Keys,
    /// Plain HTTPS, public or presigned.
    Https,
}

impl SourceAccess {
    /// The access of that name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "role" => Some(Self::Role),
            "keys" => Some(Self::Keys),
            "https" => Some(Self::Https),
            _ => None,
        }
    }
}

/// What a run works on, with everything it needs to know about that, frozen when it starts. It is stored with the run, so a
/// changed parameter never changes a run that is under way. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "over", rename_all = "camelCase")]
pub enum Work {
    /// Files that Salesforce records point at; the ledger has a row for each.
    Records(RunOptions),
    /// Objects that a comparison of two places has named; their state is kept by batch.
    Objects(ObjectOptions),
    /// URLs that are written into Salesforce records.
    Urls(SwitchOptions),
    /// Nothing is moved: places are compared, and the runs that copy what is found are runs of their own.
    Comparison,
}

impl Work {
    /// The options of a run over records.
    pub const fn records(&self) -> Option<&RunOptions> {
        match self {
            Self::Records(options) => Some(options),
            Self::Objects(_) | Self::Urls(_) | Self::Comparison => None,
        }
    }

    /// The options of a run that writes URLs.
    pub const fn urls(&self) -> Option<&SwitchOptions> {
        match self {
            Self::Urls(options) => Some(options),
            Self::Records(_) | Self::Objects(_) | Self::Comparison => None,
        }
    }
}

/// Everything that a run over records needs to know: the stack's settings with the execution's input applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunOptions {
    /// Which records are copied.
    pub mode: Mode,
    /// Plan only.
    pub dry_run: bool,
    /// Who started it.
    pub trigger: Trigger,
    /// How records are read.
    pub query_api: QueryApi,
    /// With `auto`, Bulk API 2.0 is used from this many records on.
    pub bulk_threshold: u64,
    /// The sObject and its fields.
    pub fields: ObjectFields,
    /// Only these accounts, by id or name.
    pub accounts: Option<Vec<String>>,
    /// Only these records, by their ids of 18 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<String>>,
    /// At most so many files.
    pub max_files: Option<u64>,
    /// Only these extensions; empty: all.
    pub allowed_extensions: Vec<String>,
    /// Larger files are skipped.
    pub max_file_bytes: u64,
    /// Files per batch.
    pub batch_size: u32,
    /// How source files are reached.
    pub source_access: SourceAccess,
    /// The allow-list of source hosts, as configured.
    pub source_hosts: String,
    /// The destination bucket.
    pub destination_bucket: String,
    /// The prefix in it, without a slash at either end.
    pub destination_prefix: String,
    /// What the new URL of an object starts with; ends in a slash.
    pub new_url_base: String,
    /// Copies every file anew, also one whose source is still what the proven copy was made from: the copy is known to be
    /// gone or damaged.
    #[serde(default)]
    pub repair: bool,
    /// The run that this one is a step of, and whose lock it works under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run: Option<String>,
    /// Length of the URL field in characters, read from the sObject's description.
    pub url_length_max: usize,
    /// The org, as its own record describes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Org>,
    /// The backup before this one, as it was known when this one started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_backup: Option<PreviousBackup>,
    /// What a run of `analyze` is asked for; none in any other run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<AnalysisOptions>,
}

impl RunOptions {
    /// Whether the run copies whatever is new, with no record or file left out by whoever started it.
    pub fn is_of_everything(&self, settings: &Settings) -> bool {
        !self.dry_run
            && !self.repair
            && self.allowed_extensions == settings.allowed_extensions
            && self.max_file_bytes == settings.max_file_bytes
            && self.accounts.is_none()
            && self.records.is_none()
            && self.max_files.is_none()
            && self.analysis.is_none()
    }
}

/// The backup before a backup: a schedule that has missed its time shows as too many hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousBackup {
    /// The run. However it ended: its own summary tells.
    pub run_id: String,
    /// When it started, RFC 3339.
    pub started_at: String,
    /// Full hours between its start and that of the later one.
    pub hours_before: u64,
}

impl PreviousBackup {
    /// `previous` as seen by a run that started at `started_at`; `None` when it did not start before that.
    pub fn of(previous: &RunRecord, started_at: &str) -> Option<Self> {
        let begun: Timestamp = previous.started_at.parse().ok()?;
        let now: Timestamp = started_at.parse().ok()?;
        let hours_before = u64::try_from(now.duration_since(begun).as_hours()).ok()?;
        (begun < now).then(|| Self {
            run_id: previous.run_id.clone(),
            started_at: previous.started_at.clone(),
            hours_before,
        })
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunState {
    /// Under way.
    Running,
    /// Ended; every record is accounted for.
    Succeeded,
    /// Ended without accounting for every record, or broken off.
    Failed,
}

impl RunState {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }

    /// The state of that stored name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A run as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    /// The execution's name.
    pub run_id: String,
    /// The state machine, such as `backup`.
    pub kind: String,
    /// ARN of the execution.
    pub execution_arn: String,
    /// When it started, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub ended_at: Option<String>,
    /// Where it stands.
    pub state: RunState,
    /// What it works on.
    pub work: Work,
    /// Records that Salesforce counted when the run started, or those that the run was limited to by id.
    pub records_expected: u64,
    /// How it ended.
    pub summary: Option<RunSummary>,
}

/// How a run ended, by what it worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "over", rename_all = "camelCase")]
pub enum RunSummary {
    /// Files of records were copied.
    Records(Summary),
    /// URLs were written, or put back.
    Urls(SwitchSummary),
}

/// How far the enumeration is. Stored after every page; a crash repeats at most one page, and repeats it into the same
/// batch numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// Counts the writes of this item; every write is conditional on the one it has read.
    pub version: u64,
    /// What comes next.
    pub position: Position,
    /// Records read from Salesforce so far.
    pub enumerated: u64,
    /// Records that Salesforce does not have, found so far: ledger rows whose record is deleted, and ids that a run was limited
    /// to. They are enumerated too, from the ledger.
    pub deleted: u64,
    /// Records that an incremental run found unchanged; they are in no batch.
    pub unchanged: u64,
    /// Records that an incremental run found switched: unchanged ones, and those whose account was renamed.
    #[serde(default)]
    pub switched: u64,
    /// Records read so far that the ledger knows and does not hold for deleted.
    pub known: u64,
    /// Files planned to be copied so far.
    pub files_planned: u64,
    /// Batches written so far; the next one has this number plus one.
    pub batches: u32,
    /// Planned outcomes by label: the total of a progress bar, and a dry run's summary.
    pub planned: Counts,
}

impl Checkpoint {
    /// The beginning.
    pub fn start() -> Self {
        Self {
            version: 0,
            position: Position::Start,
            enumerated: 0,
            deleted: 0,
            unchanged: 0,
            switched: 0,
            known: 0,
            files_planned: 0,
            batches: 0,
            planned: Counts::default(),
        }
    }

    /// Every record that the run has to account for.
    pub fn total(&self) -> u64 {
        self.enumerated + self.deleted
    }
}

/// What the enumeration does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Position {
    /// Nothing was read yet.
    Start,
    /// REST pages of one query, in the order of the id.
    Rest {
        /// The page to read next; `None` before the first.
        next: Option<String>,
        /// The highest id read so far: where the keyset goes on if the query's cursor expires.
        last_id: Option<String>,
        /// Records that the query says it has, once its first page is read.
        records: Option<u64>,
    },
    /// REST pages by `Id > last`, each a query of its own.
    Keyset {
        /// The highest id read so far.
        last_id: Option<String>,
    },
    /// The result of a Bulk API 2.0 query job.
    Bulk {
        /// The job.
        job_id: String,
        /// The page to read next; `None` before the first.
        locator: Option<String>,
        /// Records that the job says it has, once it is complete.
        records: Option<u64>,
    },
    /// The records that the run is limited to, by id.
    Records {
        /// How many of the list are in batches.
        taken: usize,
    },
    /// Counting the ledger's live rows: when there are no more than the sweep has seen, nothing was deleted.
    CountLive {
        /// Where the ledger scan goes on; `None` at its beginning.
        scan: Option<String>,
        /// Live rows counted so far.
        live: u64,
    },
    /// Looking for ledger rows whose record is gone.
    Deletions {
        /// Where the ledger scan goes on; `None` at its beginning.
        scan: Option<String>,
    },
    /// Everything is in a batch or counted.
    Done,
}

/// How a run ended: a sentence's worth of numbers for people, and the proof that they add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The run.
    pub run_id: String,
    /// `full` or `incremental`.
    pub mode: Mode,
    /// Plan only.
    pub dry_run: bool,
    /// Whether every enumerated record is in exactly one named end state.
    pub accounted_for: bool,
    /// Whether nothing needs a person's attention, and the destination was found to hold what the ledger says.
    pub clean: bool,
    /// Records read from Salesforce, and rows found deleted.
    pub enumerated: u64,
    /// Records with an outcome.
    pub accounted: u64,
    /// Records that need a person's attention.
    pub needs_attention: u64,
    /// Records by outcome. In a dry run, the planned outcomes.
    pub counts: Counts,
    /// Batches written, and those that did not end.
    pub batches: u32,
    /// Batches that are not done; 0 in a run that is accounted for.
    pub batches_open: u32,
    /// When the run started, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub ended_at: String,
    /// Records that have a proven copy and still point at their source, once others were repointed; none before the first switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_yet_switched: Option<u64>,
    /// Why the run was broken off, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The comparison of the ledger with the destination that ended the run; none in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation: Option<crate::reconcile::ReconcileSummary>,
    /// What the run would need, in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<crate::estimate::Estimate>,
    /// Which state machines to take, in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<crate::recommendation::Recommendation>,
    /// The backup before this one, so that a missed time of a schedule is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_backup: Option<PreviousBackup>,
}
