//! Simulators for tests and local runs.

/// Accounts, document entries and files, each with its expected outcome.
pub mod dataset;
/// A file server over HTTP.
pub mod files;
/// An S3 server in memory.
pub mod s3;
/// The Salesforce API: an org in memory, served over HTTP.
pub mod salesforce;
