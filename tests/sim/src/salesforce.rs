//! A simulated Salesforce org: an in-memory store served over HTTP/1.1, close enough to the real service that
//! unmodified clients work against it, and able to misbehave on request.
//!
//! `Org` is the store, `Server` puts it on the wire, and a `FaultPlan` says what goes wrong and when. Nothing
//! here shares code with the product, so that a misunderstanding of the service cannot hide in both.

mod bulk;
mod call;
mod config;
mod connection;
mod cursors;
mod endpoint;
mod error;
mod faults;
mod http;
mod id;
mod keys;
mod org;
mod reader;
mod recording;
mod schema;
mod seed;
mod server;
mod sessions;
mod soql;
mod state;
mod store;
mod time;

pub use config::{Credentials, OrgConfig};
pub use endpoint::Endpoint;
pub use error::SaveError;
pub use faults::{
    Action, CallFault, CallFaultKind, Event, FaultPlan, FieldLength, FieldName, LockShare,
    RequestLimitFault, RowEvent, RowMoment, ValidationRule,
};
pub use id::to_18;
pub use keys::KeyError;
pub use org::{Org, OrgError};
pub use reader::RecordState;
pub use recording::RecordedCall;
pub use seed::{Seed, populate};
pub use server::{Server, ServerConfig, ServerHandle};
