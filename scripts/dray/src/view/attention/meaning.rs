//! What outcomes and verdicts mean, as the end of a sentence about a record or a key.

use drayage_domain::outcome::{FailureClass, GoneReason, Outcome, SkipReason};
use drayage_domain::reconcile::Category;
use drayage_domain::switch::words;

/// What an outcome or a verdict means. A label of a newer version is called so.
pub(crate) fn meaning(label: &str) -> &'static str {
    match (Outcome::from_label(label), Category::of_label(label)) {
        (Some(Outcome::Failed(class)), _) => failure(class),
        (Some(outcome), _) => words::meaning(outcome).unwrap_or_else(|| copied(outcome)),
        (None, Some(category)) => verdict(category),
        (None, None) => "an outcome that this version of dray does not know",
    }
}

/// What [`words::meaning`] leaves out.
const fn copied(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Verified => "was copied in this run, and proven",
        Outcome::Unchanged => "has a proven copy of the same source from before",
        Outcome::AccountRenamed => "belongs to an account with a new name; the key stays",
        Outcome::Deleted => "was only in the destination, and is deleted",
        Outcome::Kept => "was to be deleted, and was written since; it stays",
        Outcome::Skipped(SkipReason::NoUrl) => "has no URL",
        Outcome::Skipped(SkipReason::AlreadyMigrated) => "points at the destination already",
        Outcome::Skipped(SkipReason::Extension) => "has an extension that is not on the list",
        Outcome::Skipped(SkipReason::TooLarge) => "is larger than the maximum file size",
        Outcome::Skipped(SkipReason::Account) => "belongs to an account outside of this run",
        Outcome::Skipped(SkipReason::MaxFiles) => "comes after the maximum number of files",
        Outcome::SourceGone(GoneReason::ObjectMissing) => "points at a file that does not exist",
        Outcome::SourceGone(GoneReason::RecordDeleted) => "was deleted in Salesforce",
        Outcome::Planned
        | Outcome::Switched
        | Outcome::AlreadySwitched
        | Outcome::Restored
        | Outcome::AlreadyOriginal
        | Outcome::Drifted
        | Outcome::Conflict
        | Outcome::NotWritten(_)
        | Outcome::Failed(_) => "",
    }
}

const fn verdict(category: Category) -> &'static str {
    match category {
        Category::Match => "is the same on both sides",
        Category::Missing => "is missing in the destination",
        Category::Extra => "is only in the destination",
        Category::SizeDiffers => "has another size in the destination",
        Category::ContentDiffers => "has another content in the destination",
        Category::NotVerifiable => "could be shown neither equal nor different",
    }
}

const fn failure(class: FailureClass) -> &'static str {
    match class {
        FailureClass::InvalidRecord => "the record itself is not usable",
        FailureClass::MalformedUrl => "the URL cannot be parsed",
        FailureClass::UnsupportedScheme => "the URL's scheme is none that files are fetched by",
        FailureClass::CredentialsInUrl => "the URL carries a user name or password",
        FailureClass::HostNotAllowed => "the URL's host or bucket is not on the allow-list",
        FailureClass::ForbiddenAddress => "the URL leads to a private address",
        FailureClass::InvalidKey => "the object key is not legal",
        FailureClass::AmbiguousKey => "two source objects match the URL",
        FailureClass::UrlTooLong => "no new URL fits the length of the field",
        FailureClass::KeyTaken => {
            "every candidate for the destination key belongs to another record"
        }
        FailureClass::RedirectRefused => "the source redirects to a place that is not allowed",
        FailureClass::AccessDenied => "the source refuses access",
        FailureClass::SourceExpired => "the presigned URL has expired",
        FailureClass::Archived => "the object is archived",
        FailureClass::KmsDenied => "the key that encrypts the object may not be used",
        FailureClass::UntrustedCertificate => "the source's certificate cannot be trusted",
        FailureClass::SourceStatus => "the source answers with an error",
        FailureClass::ErrorPage => "the source sent an error or login page instead of the file",
        FailureClass::ShortBody => "the file ended before its announced length",
        FailureClass::LongBody => "the file is longer than announced",
        FailureClass::SourceChanged => "the file changed while it was read",
        FailureClass::ChecksumMismatch => "the copy differs from what was read",
        FailureClass::Throttled => "the source went on asking to slow down",
        FailureClass::SourceUnavailable => "the source does not answer",
        FailureClass::SourceTimeout => "the source took too long",
        FailureClass::DestinationDenied => "the destination bucket refuses access",
        FailureClass::DestinationUnavailable => "the destination bucket does not work",
        FailureClass::LedgerConflict => "the ledger's row does not allow the change",
        FailureClass::ManifestInvalid => "the batch's list cannot be read",
        FailureClass::DeadLettered => "the batch failed in every delivery",
    }
}
