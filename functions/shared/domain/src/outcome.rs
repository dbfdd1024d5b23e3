//! How a record ends in a run: exactly one [`Outcome`], with a reason that has a fixed name.
//!
//! The names are the vocabulary of counters, ledger rows, reports and alarms; they never change once released.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! named_reasons {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $label:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The fixed `snake_case` name.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The value of that name, or `None`.
            pub fn from_label(label: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.label() == label)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.label())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let label = String::deserialize(deserializer)?;
                Self::from_label(&label).ok_or_else(|| {
                    de::Error::custom(format!(concat!("unknown ", stringify!($name), " `{}`"), label))
                })
            }
        }
    };
}

pub(crate) use named_reasons;

named_reasons! {
    /// Why a record was deliberately left alone.
    SkipReason {
        /// The URL field is null, empty or blank.
        NoUrl => "no_url",
        /// The URL already points into the destination.
        AlreadyMigrated => "already_migrated",
        /// The file's extension is not on the list.
        Extension => "extension",
        /// The file is larger than the maximum file size.
        TooLarge => "too_large",
        /// The record's account is outside the run's accounts.
        Account => "account",
        /// The run's maximum number of files was reached before this record.
        MaxFiles => "max_files",
    }
}

named_reasons! {
    /// Why a record was not written, although it was planned to be.
    WriteFailure {
        /// Its ledger row is not, or not any more, in a state in which the record may be written.
        NotVerified => "not_verified",
        /// Salesforce refuses the value: a validation rule, a trigger, a right that is missing.
        Refused => "refused",
        /// Other transactions held the record, or its parent, in every attempt.
        Locked => "locked",
        /// It was to be written, and every look at it has shown the old value.
        Unconfirmed => "unconfirmed",
    }
}

named_reasons! {
    /// What is gone.
    GoneReason {
        /// The source says that there is no such object.
        ObjectMissing => "object_missing",
        /// The Salesforce record was deleted.
        RecordDeleted => "record_deleted",
    }
}

named_reasons! {
    /// Why a file could not be copied. Each has an entry in the runbook.
    FailureClass {
        /// The record itself is not usable (an id that is not one, a field of the wrong type).
        InvalidRecord => "invalid_record",
        /// The URL cannot be parsed.
        MalformedUrl => "malformed_url",
        /// The URL's scheme is none that files are fetched by.
        UnsupportedScheme => "unsupported_scheme",
        /// The URL carries a user name or password.
        CredentialsInUrl => "credentials_in_url",
        /// The URL's host or bucket is not on the allow-list.
        HostNotAllowed => "host_not_allowed",
        /// The URL leads to a private, loopback or link-local address.
        ForbiddenAddress => "forbidden_address",
        /// The object key is not valid UTF-8 or not a legal key.
        InvalidKey => "invalid_key",
        /// Two source objects match the URL and nothing tells which is meant.
        AmbiguousKey => "ambiguous_key",
        /// No destination key fits the length limit of the URL field.
        UrlTooLong => "url_too_long",
        /// Every candidate for the destination key belongs to another record.
        KeyTaken => "key_taken",
        /// The source redirects to a place that is not allowed, or too often.
        RedirectRefused => "redirect_refused",
        /// The source refuses access.
        AccessDenied => "access_denied",
        /// A presigned URL has expired.
        SourceExpired => "source_expired",
        /// The object is archived and has to be restored first.
        Archived => "archived",
        /// The key that encrypts the object may not be used.
        KmsDenied => "kms_denied",
        /// The source's certificate is not one that can be trusted: another name, expired, or signed by nobody known.
        UntrustedCertificate => "untrusted_certificate",
        /// The source answers with another status than success.
        SourceStatus => "source_status",
        /// The source answered 200 with an error or login page instead of the file.
        ErrorPage => "error_page",
        /// The body ended before the announced length.
        ShortBody => "short_body",
        /// The body is longer than announced.
        LongBody => "long_body",
        /// The object changed while it was being read.
        SourceChanged => "source_changed",
        /// The checksum of the destination differs from the one computed in the stream.
        ChecksumMismatch => "checksum_mismatch",
        /// The source asks to slow down and went on asking.
        Throttled => "throttled",
        /// The source does not answer, or with 5xx.
        SourceUnavailable => "source_unavailable",
        /// The source took too long.
        SourceTimeout => "source_timeout",
        /// The destination bucket refuses access.
        DestinationDenied => "destination_denied",
        /// The destination bucket does not work.
        DestinationUnavailable => "destination_unavailable",
        /// The ledger row is in a state that does not allow the change.
        LedgerConflict => "ledger_conflict",
        /// The batch's manifest cannot be read.
        ManifestInvalid => "manifest_invalid",
        /// The batch could not be processed in the allowed number of deliveries.
        DeadLettered => "dead_lettered",
    }
}

/// How a record ends in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Would be copied. Only in the plan of a dry run.
    Planned,
    /// Copied in this run and proven.
    Verified,
    /// A proven copy of the same source exists from before; nothing was copied.
    Unchanged,
    /// Only the account's name changed; the ledger knows the new one, the key stays.
    AccountRenamed,
    /// An object that the destination had beyond the source was deleted, or was gone already.
    Deleted,
    /// It was to be deleted, and stays, because somebody has written it since it was listed.
    Kept,
    /// The record points at the destination, as a second reading has confirmed.
    Switched,
    /// The record pointed at the destination before anything was written.
    AlreadySwitched,
    /// The record holds its original URL again, as a second reading has confirmed.
    Restored,
    /// The record held its original URL before anything was written.
    AlreadyOriginal,
    /// Somebody has edited the record since it was backed up; the edit is kept.
    Drifted,
    /// Somebody has edited the record since it was switched; the edit is kept.
    Conflict,
    /// It was to be written, and was not.
    NotWritten(WriteFailure),
    /// Deliberately left alone.
    Skipped(SkipReason),
    /// The source object or the record is gone.
    SourceGone(GoneReason),
    /// Could not be copied.
    Failed(FailureClass),
}

impl Outcome {
    /// The name under which the outcome is counted, such as `verified` or `failed.access_denied`.
    pub fn label(self) -> String {
        match self {
            Self::Planned => "planned".to_owned(),
            Self::Verified => "verified".to_owned(),
            Self::Unchanged => "unchanged".to_owned(),
            Self::AccountRenamed => "account_renamed".to_owned(),
            Self::Deleted => "deleted".to_owned(),
            Self::Kept => "kept".to_owned(),
            Self::Switched => "switched".to_owned(),
            Self::AlreadySwitched => "already_switched".to_owned(),
            Self::Restored => "restored".to_owned(),
            Self::AlreadyOriginal => "already_original".to_owned(),
            Self::Drifted => "drifted".to_owned(),
            Self::Conflict => "conflict".to_owned(),
            Self::NotWritten(reason) => format!("not_written.{}", reason.label()),
            Self::Skipped(reason) => format!("skipped.{}", reason.label()),
            Self::SourceGone(reason) => format!("source_gone.{}", reason.label()),
            Self::Failed(class) => format!("failed.{}", class.label()),
        }
    }

    /// The outcome counted under that name, or `None`.
    pub fn from_label(label: &str) -> Option<Self> {
        match label {
            "planned" => Some(Self::Planned),
            "verified" => Some(Self::Verified),
            "unchanged" => Some(Self::Unchanged),
            "account_renamed" => Some(Self::AccountRenamed),
            "deleted" => Some(Self::Deleted),
            "kept" => Some(Self::Kept),
            "switched" => Some(Self::Switched),
            "already_switched" => Some(Self::AlreadySwitched),
            "restored" => Some(Self::Restored),
            "already_original" => Some(Self::AlreadyOriginal),
            "drifted" => Some(Self::Drifted),
            "conflict" => Some(Self::Conflict),
            other => {
                let (kind, reason) = other.split_once('.')?;
                match kind {
                    "not_written" => WriteFailure::from_label(reason).map(Self::NotWritten),
                    "skipped" => SkipReason::from_label(reason).map(Self::Skipped),
                    "source_gone" => GoneReason::from_label(reason).map(Self::SourceGone),
                    "failed" => FailureClass::from_label(reason).map(Self::Failed),
                    _ => None,
                }
            }
        }
    }

    /// Whether a person has to look at the record.
    pub const fn needs_attention(self) -> bool {
        match self {
            Self::Failed(_)
            | Self::SourceGone(_)
            | Self::NotWritten(_)
            | Self::Drifted
            | Self::Conflict => true,
            Self::Planned
            | Self::Verified
            | Self::Unchanged
            | Self::AccountRenamed
            | Self::Deleted
            | Self::Kept
            | Self::Switched
            | Self::AlreadySwitched
            | Self::Restored
            | Self::AlreadyOriginal
            | Self::Skipped(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_names_its_outcome() {
        let mut all =
            vec![Outcome::Planned, Outcome::Verified, Outcome::Unchanged, Outcome::AccountRenamed];
        all.extend([Outcome::Deleted, Outcome::Kept]);
        all.extend([Outcome::Switched, Outcome::AlreadySwitched, Outcome::Restored]);
        all.extend([Outcome::AlreadyOriginal, Outcome::Drifted, Outcome::Conflict]);
        all.extend(WriteFailure::ALL.iter().map(|reason| Outcome::NotWritten(*reason)));
        all.extend(SkipReason::ALL.iter().map(|reason| Outcome::Skipped(*reason)));
        all.extend(GoneReason::ALL.iter().map(|reason| Outcome::SourceGone(*reason)));
        all.extend(FailureClass::ALL.iter().map(|class| Outcome::Failed(*class)));
        for outcome in all {
            assert_eq!(Outcome::from_label(&outcome.label()), Some(outcome));
        }
        assert_eq!(Outcome::from_label("failed.nonsense"), None);
    }
}
