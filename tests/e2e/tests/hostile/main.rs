//! Sources and services that misbehave: every way of it has a named outcome, and never a silent one. The table of all
//! rows is in this package's `README.md`.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../backup/control.rs"]
mod control;
mod hazards;
mod http_sources;
mod marked;
mod queue;
mod s3_sources;
mod salesforce;
mod slow_sources;
mod support;
mod untrusted_urls;
