//! The AWS side: the ledger, objects, inventories, executions, the queue, notifications, secrets.
//!
//! Adapters take and return the domain's types; no SDK type leaves this crate except the clients themselves.

pub mod clients;
pub mod executions;
pub mod inventory;
pub mod ledger;
pub mod net;
pub mod notifications;
pub mod objects;
pub mod queue;
pub mod quotas;
pub mod secrets;
pub mod sort;
pub mod throttling;

mod sdk_error;
mod source_account;
