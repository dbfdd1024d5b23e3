//! The rules of Drayage, and nothing but rules: no I/O, no clock, no environment, no randomness.
//!
//! A record is read ([`record`]), decided about ([`plan`]: [`source_url`], [`destination_key`], [`extension`],
//! [`allow_list`]), written into a batch ([`manifest`]), copied, and ends in one [`outcome`] that is counted
//! ([`counts`]) and kept in the ledger ([`row`], [`state`]). A run ([`run`]) is what a person asked for ([`run_input`])
//! under the stack's [`settings`]. Records are repointed and put back by [`switch`]. Whether two places hold the same objects is decided by [`reconcile`].
//! What a migration would be about is told by an [`analysis`]. What people are told while they are elsewhere is a [`notice`]; what they
//! do about an ending is a [`remedy`].

pub mod allow_list;
pub mod analysis;
pub mod capacity;
pub mod change;
pub mod counts;
pub mod destination_key;
pub mod diagnosis;
pub mod estimate;
pub mod extension;
pub mod failure;
pub mod id;
mod input_fields;
pub mod manifest;
pub mod message;
pub mod notice;
pub mod object_batch;
pub mod org;
pub mod outcome;
pub mod parser_words;
pub mod pause;
pub mod plan;
pub mod problem;
pub mod recommendation;
pub mod reconcile;
pub mod record;
mod record_ids;
pub mod remedy;
pub mod row;
pub mod run;
pub mod run_files;
pub mod run_input;
pub mod settings;
pub mod settle;
pub mod settled_row;
pub mod source_url;
pub mod state;
pub mod switch;
pub mod upload;
pub mod words;
