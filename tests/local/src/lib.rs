//! The local stack: the AWS emulator and the simulators on loopback, with the real template deployed to them.
//!
//! Demo and end-to-end tests use the same path as a deployment on AWS: the same template, the same state machine, the
//! same `bootstrap` binaries. Only the endpoint differs.

pub mod check;
pub mod cli;
pub mod clients;
mod commands;
pub mod demo;
pub mod emulator;
pub mod executions;
pub mod foreign_s3;
pub mod journey;
pub mod local_stack;
pub mod logs;
pub mod overview;
mod process;
pub mod progress;
pub mod relay;
pub mod report;
pub mod salesforce;
pub mod source;
pub mod stack;
mod tool;
pub mod transfer_demo;
pub mod workspace;

pub use check::CheckReport;
pub use clients::Clients;
pub use emulator::Emulator;
pub use executions::Ended;
pub use foreign_s3::ForeignS3;
pub use local_stack::{External, LocalStack, LocalStackBuilder};
pub use stack::{Stack, StackParameters};
