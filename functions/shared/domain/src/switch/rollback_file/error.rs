//! What can be wrong with a rollback file. No message repeats a line: lines carry URLs.

use std::io;

/// Why a rollback file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RollbackFileError {
    /// It is something else.
    #[error(
        "this is not a rollback file; hint: give the key of one, such as runs/<run>/rollback.jsonl"
    )]
    NotARollbackFile,
    /// It was written by another version.
    #[error(
        "the rollback file has version {version}, and version {} is understood; hint: use the release that wrote it",
        super::VERSION
    )]
    OtherVersion {
        /// What it says.
        version: u32,
    },
    /// It ends before its trailer.
    #[error(
        "the rollback file ends early, after {records} records; hint: fetch it again, or use an earlier version of the object"
    )]
    Truncated {
        /// Records that are whole.
        records: u64,
    },
    /// A line makes no sense.
    #[error(
        "line {line} of the rollback file cannot be read: {what}; hint: the file was changed by hand; use the one that the run wrote"
    )]
    BadLine {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Lines are missing, or were added.
    #[error(
        "the rollback file says that it has {told} records, and has {found}; hint: the file was changed by hand; use the one that the \
         run wrote"
    )]
    OtherCount {
        /// What the trailer says.
        told: u64,
        /// What there is.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error(
        "the rollback file is not as it was written: its SHA-256 differs; hint: it was changed by hand, or its line ends were \
         converted; use the one that the run wrote"
    )]
    OtherHash,
    /// Something follows the trailer.
    #[error(
        "the rollback file goes on after its end; hint: files cannot be joined; give them one by one"
    )]
    GoesOn,
    /// It is of another run.
    #[error(
        "the rollback file is of run {found}, not of {wanted}; hint: leave run out, or give that run's file"
    )]
    OtherRun {
        /// What it says.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// It is of another org.
    #[error(
        "the rollback file is of org {found}, and the credentials are of org {wanted}; hint: a sandbox has an id of its own; use the \
         secret of the org that was migrated"
    )]
    OtherOrg {
        /// What it says.
        found: String,
        /// What the run signs in to.
        wanted: String,
    },
    /// It is of another object or field.
    #[error(
        "the rollback file is of {found}, and the stack is set to {wanted}; hint: set ObjectName and UrlField to those of the file"
    )]
    OtherField {
        /// `object.field` as it says.
        found: String,
        /// `object.field` as the run is set.
        wanted: String,
    },
    /// It could not be read.
    #[error("the rollback file cannot be read: {0}")]
    Read(#[from] io::Error),
}
