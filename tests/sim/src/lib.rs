//! Simulators for tests and local runs.

/// Accounts, document entries and files, each with its expected outcome.
pub mod dataset;
/// A file server over HTTP.
pub mod files;
/// The Salesforce API: an org in memory, served over HTTP.
pub mod salesforce;
