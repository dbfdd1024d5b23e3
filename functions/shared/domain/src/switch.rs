//! Repointing records: from the original URL to the new one ([`Direction::Switch`]) and back ([`Direction::Restore`]).
//!
//! Both directions are one machine. A [`plan`] says which record gets which text ([`line`]), as [`pick`] reads it from the ledger; the lines are cut into batches,
//! and the batches into [`lane`]s, so that an account is never written by two workers. For each line, what the ledger knows and what
//! the record holds now [`decide`] what is done. Every line ends in one outcome, kept in the batch's [`results`]; a second look at every record
//! is the run's [`verification`]. [`mode`] is how Salesforce is told, [`rollback_file`] what undoes a run without the ledger, and
//! [`summary`] how the run ended; [`words`] and [`commands`] tell people.

pub mod approval;
pub mod commands;
pub mod decide;
pub mod input;
pub mod lane;
pub mod line;
pub mod mode;
pub mod options;
pub mod pick;
pub mod plan;
pub mod results;
pub mod rollback_file;
pub mod summary;
pub mod verification;
pub mod words;
pub mod written_row;

pub use line::{Direction, SwitchLine};
