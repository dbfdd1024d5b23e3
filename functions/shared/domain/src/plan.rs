//! What to do with a record, decided without touching anything: the rules of the run applied to the record as read.

use serde::{Deserialize, Serialize};

use crate::allow_list::AllowList;
use crate::destination_key::{self, DestinationKey, KeyProblem, KeyProposal, KeyRules};
use crate::extension::ExtensionSet;
use crate::id::RecordId;
use crate::outcome::{FailureClass, GoneReason, Outcome, SkipReason};
use crate::problem::Problem;
use crate::record::SourceRecord;
use crate::record_ids::full_ids;
use crate::run::{RunOptions, SourceAccess};
use crate::source_url::{self, OwnBucket, Parsed, ParsedSource, SourceRules, UrlProblem};

/// The decision for one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Plan {
    /// Copy the file.
    Copy {
        /// Where it is.
        source: ParsedSource,
        /// Where it goes, unless another record has claimed that key.
        destination_key: DestinationKey,
        /// Where it goes then.
        destination_key_if_taken: DestinationKey,
    },
    /// Leave it alone.
    Skip {
        /// Why.
        reason: SkipReason,
    },
    /// It cannot be copied.
    Refuse {
        /// Why.
        class: FailureClass,
        /// A sentence for people, without query strings.
        message: String,
    },
    /// The record was deleted in Salesforce; the ledger says so, the copy stays.
    RecordDeleted,
    /// Nothing but the account's name changed; the ledger learns it, the key stays.
    AccountRenamed,
}

impl Plan {
    /// How the record will end if all goes well.
    pub const fn planned_outcome(&self) -> Outcome {
        match self {
            Self::Copy { .. } => Outcome::Planned,
            Self::Skip { reason } => Outcome::Skipped(*reason),
            Self::Refuse { class, .. } => Outcome::Failed(*class),
            Self::RecordDeleted => Outcome::SourceGone(GoneReason::RecordDeleted),
            Self::AccountRenamed => Outcome::AccountRenamed,
        }
    }
}

/// The rules of a run, ready to decide.
#[derive(Debug, Clone)]
pub struct Planner {
    allow: AllowList,
    extensions: ExtensionSet,
    accounts: Option<Vec<String>>,
    keys: KeyRules,
    s3_access: bool,
    destination_bucket: String,
}

impl Planner {
    /// Prepares the rules of `options`. They were checked when the run started, so an error here means that the stored
    /// run is damaged.
    pub fn new(options: &RunOptions) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let allow = AllowList::parse(&options.source_hosts).unwrap_or_else(|errors| {
            problems.extend(errors.iter().map(|error| Problem::from_error("sourceHosts", error)));
            AllowList::default()
        });
        let extensions =
            ExtensionSet::from_entries(options.allowed_extensions.iter().map(String::as_str))
                .unwrap_or_else(|errors| {
                    problems.extend(
                        errors.iter().map(|error| Problem::from_error("allowedExtensions", error)),
                    );
                    ExtensionSet::default()
                });
        let keys = KeyRules::new(
            &options.destination_prefix,
            &options.new_url_base,
            options.url_length_max,
        )
        .map_err(|error| {
            problems.push(Problem::from_error("newUrlBase", &error));
            problems.clone()
        })?;
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            allow,
            extensions,
            accounts: options.accounts.as_ref().map(|accounts| full_ids(accounts)),
            keys,
            s3_access: match options.source_access {
                SourceAccess::Role | SourceAccess::Keys => true,
                SourceAccess::Https => false,
            },
            destination_bucket: options.destination_bucket.clone(),
        })
    }

    /// Decides about one record. The filter by account comes first, so that a run for one account says nothing about
    /// the files of others.
    pub fn plan(&self, record: &SourceRecord) -> Plan {
        self.decide(record).unwrap_or_else(NotCopied::into_plan)
    }

    /// The keys to claim for a file, in order. The first two are those of [`Plan::Copy`].
    pub fn keys_for(
        &self,
        record: &SourceRecord,
        file_name: &str,
    ) -> Result<KeyProposal, KeyProposalError> {
        let record_id = RecordId::parse(&record.id)
            .map_err(|error| KeyProposalError::Record(format!("Id: {error}")))?;
        let account_id = record
            .account_id
            .as_deref()
            .map(RecordId::parse)
            .transpose()
            .map_err(|error| KeyProposalError::Record(format!("account lookup: {error}")))?;
        Ok(destination_key::propose(
            &self.keys,
            account_id.as_ref(),
            record.account_name.as_deref(),
            file_name,
            &record_id,
        )?)
    }

    fn decide(&self, record: &SourceRecord) -> Result<Plan, NotCopied> {
        if self.outside_scope(record) {
            return Err(NotCopied::Skip(SkipReason::Account));
        }
        if let Some(defect) = &record.defect {
            return Err(NotCopied::Refuse(FailureClass::InvalidRecord, defect.clone()));
        }
        let source = self.with_allowed_name(self.parse_source(record)?)?;
        let keys = self
            .keys_for(record, &source.file_name)
            .map_err(|error| NotCopied::Refuse(error.failure_class(), error.to_string()))?;
        Ok(Plan::Copy {
            source,
            destination_key: keys.preferred,
            destination_key_if_taken: keys.if_taken,
        })
    }

    /// Which key is meant is known only when one of them is found to exist, so a file is skipped only when none of them
    /// has an allowed extension, and called by the first that has: `what?.pdf` is a PDF, not a file `what`.
    fn with_allowed_name(&self, source: ParsedSource) -> Result<ParsedSource, NotCopied> {
        if self.extensions.allows(&source.file_name) {
            return Ok(source);
        }
        match source.other_file_names().into_iter().find(|name| self.extensions.allows(name)) {
            Some(file_name) => Ok(ParsedSource { file_name, ..source }),
            None => Err(NotCopied::Skip(SkipReason::Extension)),
        }
    }

    fn outside_scope(&self, record: &SourceRecord) -> bool {
        let Some(accounts) = &self.accounts else { return false };
        let id = record.account_id.as_deref().and_then(|id| RecordId::parse(id).ok());
        !accounts.iter().any(|account| {
            id.as_ref().is_some_and(|id| id.as_str() == account)
                || record.account_name.as_ref() == Some(account)
        })
    }

    fn parse_source(&self, record: &SourceRecord) -> Result<ParsedSource, NotCopied> {
        let rules = SourceRules {
            allow: &self.allow,
            s3_access: self.s3_access,
            own_bucket: Some(OwnBucket {
                bucket: &self.destination_bucket,
                prefix: self.keys.prefix(),
                url_base: self.keys.new_url_base(),
            }),
            custom_hosts: &[],
        };
        match source_url::parse(record.url.as_deref(), &rules) {
            Ok(Parsed::Source(source)) => Ok(source),
            Ok(Parsed::AlreadyMigrated { .. }) => Err(NotCopied::Skip(SkipReason::AlreadyMigrated)),
            Err(UrlProblem::NoUrl) => Err(NotCopied::Skip(SkipReason::NoUrl)),
            Err(problem) => Err(NotCopied::Refuse(failure_class(&problem), problem.to_string())),
        }
    }
}

/// Why no key can be proposed for a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProposalError {
    /// An id in the record is not one.
    #[error("{0}")]
    Record(String),
    /// No key fits.
    #[error(transparent)]
    Key(#[from] KeyProblem),
}

impl KeyProposalError {
    /// The class that the record ends in.
    pub const fn failure_class(&self) -> FailureClass {
        match self {
            Self::Record(_) => FailureClass::InvalidRecord,
            Self::Key(KeyProblem::UrlTooLong { .. } | KeyProblem::KeyTooLong { .. }) => {
                FailureClass::UrlTooLong
            }
            Self::Key(KeyProblem::Invalid { .. } | KeyProblem::InvalidBase { .. }) => {
                FailureClass::InvalidKey
            }
        }
    }
}

/// The failure class of a URL that cannot be used.
const fn failure_class(problem: &UrlProblem) -> FailureClass {
    match problem {
        UrlProblem::NoUrl | UrlProblem::Malformed { .. } | UrlProblem::ControlCharacters { .. } => {
            FailureClass::MalformedUrl
        }
        UrlProblem::HostNotAllowed { .. }
        | UrlProblem::OriginNotAllowed { .. }
        | UrlProblem::BucketNotAllowed { .. } => FailureClass::HostNotAllowed,
        UrlProblem::ForbiddenAddress { .. } => FailureClass::ForbiddenAddress,
        UrlProblem::UnsupportedScheme { .. } => FailureClass::UnsupportedScheme,
        UrlProblem::NotUtf8 => FailureClass::InvalidKey,
        UrlProblem::UserInfo => FailureClass::CredentialsInUrl,
    }
}

/// Why a record has no file to copy.
enum NotCopied {
    Skip(SkipReason),
    Refuse(FailureClass, String),
}

impl NotCopied {
    fn into_plan(self) -> Plan {
        match self {
            Self::Skip(reason) => Plan::Skip { reason },
            Self::Refuse(class, message) => Plan::Refuse { class, message },
        }
    }
}
