//! Remedies of outcomes. No match has a wildcard, so a new outcome does not compile without one.

use crate::outcome::{FailureClass, GoneReason, Outcome, SkipReason, WriteFailure};

/// What a person does about a record or an object that has ended so.
pub const fn remedy_of_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Planned => {
            "Nothing yet: it was planned only; the same command with --execute, or without --dry-run, does it."
        }
        Outcome::Verified => {
            "Nothing: the copy is there and proven; `dray migrate` points the record at it."
        }
        Outcome::Unchanged => "Nothing: the copy from an earlier run is still that of the source.",
        Outcome::AccountRenamed => {
            "Nothing: the ledger has learned the account's new name, and the key stays."
        }
        Outcome::Deleted => "Nothing: the extra object was deleted, as asked for.",
        Outcome::Kept => {
            "Look at what somebody has written there since it was listed, and run `dray reconcile` again."
        }
        Outcome::Switched => "Nothing: the record points at its copy; `dray rollback` undoes that.",
        Outcome::AlreadySwitched => "Nothing: the record pointed at its copy before the run.",
        Outcome::Restored => "Nothing: the record holds its original URL again.",
        Outcome::AlreadyOriginal => "Nothing: the record held its original URL before the run.",
        Outcome::Drifted => {
            "Somebody has edited the record since its backup, and the edit stays: run `dray backup`, so that the new URL is copied, then `dray migrate`."
        }
        Outcome::Conflict => {
            "Somebody has edited the record since it was switched, and the edit stays: ask its owner which URL is right, and correct the record in Salesforce if it is not theirs."
        }
        Outcome::NotWritten(reason) => not_written(reason),
        Outcome::Skipped(reason) => skipped(reason),
        Outcome::SourceGone(reason) => gone(reason),
        Outcome::Failed(class) => remedy_of_failure(class),
    }
}

const fn not_written(reason: WriteFailure) -> &'static str {
    match reason {
        WriteFailure::NotVerified => {
            "Its copy is not proven any more: run `dray backup`, look at what becomes of the record, and plan again with `dray migrate`."
        }
        WriteFailure::Refused => {
            "Read Salesforce's reason in the message, change the validation rule, trigger or right that it names, and run `dray migrate` again."
        }
        WriteFailure::Locked => {
            "Other transactions held the record or its account all the time: run `dray migrate` again when bulk loads and integrations are quiet."
        }
        WriteFailure::Unconfirmed => {
            "The update was sent and every look has shown the old value: find the trigger or flow that sets the field back, then run `dray migrate` again."
        }
    }
}

const fn skipped(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::NoUrl => {
            "Nothing, unless the record should have a file: then enter its URL in Salesforce and run `dray backup`."
        }
        SkipReason::AlreadyMigrated => "Nothing: the record points into the destination already.",
        SkipReason::Extension => {
            "Nothing, if such files shall stay behind; otherwise add the extension to the parameter AllowedExtensions and run `dray backup`."
        }
        SkipReason::TooLarge => {
            "Raise the parameter MaxFileSizeMb if the file shall be copied, and run `dray backup`."
        }
        SkipReason::Account => {
            "Nothing: the run was limited to other accounts; `dray backup` without that limit takes the record."
        }
        SkipReason::MaxFiles => {
            "Nothing: the run was limited to a number of files; the next `dray backup` takes the record."
        }
    }
}

const fn gone(reason: GoneReason) -> &'static str {
    match reason {
        GoneReason::ObjectMissing => {
            "Ask the owner of the source for the file: put it back under the same URL, or correct the URL in Salesforce, then run `dray retry last-backup`."
        }
        GoneReason::RecordDeleted => {
            "Nothing, if it was deleted on purpose: an earlier copy stays in the bucket; restore the record from Salesforce's recycle bin otherwise."
        }
    }
}

/// What a person does about a file that could not be copied for this reason.
#[expect(clippy::too_many_lines, reason = "a sentence for each class, and nothing else")]
pub const fn remedy_of_failure(class: FailureClass) -> &'static str {
    match class {
        FailureClass::InvalidRecord => {
            "Correct the record in Salesforce: an id or a field of it has not the shape that it must have; then run `dray backup`."
        }
        FailureClass::MalformedUrl => {
            "Correct the URL in the record, then run `dray retry last-backup`."
        }
        FailureClass::UnsupportedScheme => {
            "Replace the URL by one that begins with https:// or s3://, then run `dray retry last-backup`."
        }
        FailureClass::CredentialsInUrl => {
            "Remove user name and password from the URL in the record, change that password, and run `dray retry last-backup`."
        }
        FailureClass::HostNotAllowed => {
            "Add the host or bucket to the parameter SourceHosts if it is to be trusted, or correct the URL; then run `dray retry last-backup`."
        }
        FailureClass::ForbiddenAddress => {
            "The URL leads into a private network, which is not fetched: correct it, or allow exactly that origin in SourceHosts; then run `dray retry last-backup`."
        }
        FailureClass::InvalidKey => {
            "Correct the URL: the object key in it is not valid UTF-8 or no legal key; then run `dray retry last-backup`."
        }
        FailureClass::AmbiguousKey => {
            "Write the + or %20 of the URL so that it names one of the two objects, then run `dray retry last-backup`."
        }
        FailureClass::UrlTooLong => {
            "Shorten the file name, the parameter NewUrlBase or DestinationPrefix, or lengthen the field in Salesforce; then run `dray retry last-backup`."
        }
        FailureClass::KeyTaken => {
            "Rename the file at its source: every key that fits it belongs to other records; then run `dray retry last-backup`."
        }
        FailureClass::RedirectRefused => {
            "Enter the address that the source redirects to, or allow its host in SourceHosts; then run `dray retry last-backup`."
        }
        FailureClass::AccessDenied => {
            "Let the role of the function copy (or the keys of SourceSecret) read the object, s3:GetObject, or renew the URL; then run `dray retry last-backup`."
        }
        FailureClass::SourceExpired => {
            "Enter a fresh presigned URL in the record, or reach the bucket by role or keys (SourceAccess); then run `dray retry last-backup`."
        }
        FailureClass::Archived => {
            "Restore the object from its archive class at the source, wait until that has ended, then run `dray retry last-backup`."
        }
        FailureClass::KmsDenied => {
            "Allow the role of the function copy kms:Decrypt with the key of the source object, then run `dray retry last-backup`."
        }
        FailureClass::UntrustedCertificate => {
            "Look at the certificate of the source's host: its name, its dates and its issuer; repair it there, or correct the URL, then run `dray retry last-backup`."
        }
        FailureClass::SourceStatus => {
            "Open the URL as a user would, repair what the status in the message says, then run `dray retry last-backup`."
        }
        FailureClass::ErrorPage => {
            "The URL answers with a page in place of the file: correct the URL or the access to it, then run `dray retry last-backup`."
        }
        FailureClass::ShortBody => {
            "The source breaks off: run `dray retry last-backup`; if it stays, repair the source server."
        }
        FailureClass::LongBody => {
            "The source sends more than it announces: repair the source server, then run `dray retry last-backup`."
        }
        FailureClass::SourceChanged => {
            "The file changed while it was read: run `dray retry last-backup` when nobody writes to it."
        }
        FailureClass::ChecksumMismatch => {
            "Run `dray retry last-backup`, nothing wrong was kept; if it stays, the object does not match its own checksum, and its owner has to upload it again."
        }
        FailureClass::Throttled => {
            "Lower the parameters CopyConcurrency or CopyMaximumConcurrency, or wait; then run `dray retry last-backup`."
        }
        FailureClass::SourceUnavailable => {
            "Wait until the source works again, then run `dray retry last-backup`."
        }
        FailureClass::SourceTimeout => {
            "Find out why the source is that slow, then run `dray retry last-backup` at a quiet time."
        }
        FailureClass::DestinationDenied => {
            "Look at the policy and the key of the destination bucket: the role of the function copy must be allowed to write; `dray doctor` tests it; then run `dray retry last-backup`."
        }
        FailureClass::DestinationUnavailable => {
            "Look whether S3 has trouble in the Region, test the bucket with `dray doctor`, then run `dray retry last-backup`."
        }
        FailureClass::LedgerConflict => {
            "Another run changed the row at the same time: run `dray retry last-backup` when no other run is under way."
        }
        FailureClass::ManifestInvalid => {
            "The batch's list in the state bucket is damaged: start `dray backup`, which writes new ones."
        }
        FailureClass::DeadLettered => {
            "The batch failed in every delivery: look at the log of the function copy for the reason, then run `dray retry last-backup`."
        }
    }
}
