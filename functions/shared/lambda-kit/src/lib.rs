//! What every Lambda shares: configuration, logs, error names, the deadline, and the way in and out of the runtime.
//!
//! Invariant: only this crate names `lambda_runtime`, only [`config`] reads the environment, and only [`clock`] reads
//! the system's clock.

pub mod batches;
pub mod buckets;
pub mod capacity;
pub mod clock;
pub mod config;
pub mod correlation;
pub mod deadline;
pub mod documents;
pub mod error;
mod logs;
pub mod metrics;
pub mod notify;
pub mod queue_events;
pub mod run_lock;
pub mod runtime;
pub mod salesforce;
pub mod sources;
