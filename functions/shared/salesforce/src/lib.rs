//! Salesforce client: sign in, look, count and read records, and write one field of known records.
//!
//! It speaks the few REST and Bulk API 2.0 calls this project needs and nothing else. It knows no AWS type, reads no
//! environment variable and asks no clock by itself: credentials arrive as text, time arrives as a function.
//!
//! Facts come from <https://developer.salesforce.com/docs/platform/api-rest/guide/> and
//! <https://developer.salesforce.com/docs/platform/api-asynch/guide/queries.html>.
//!
//! ```no_run
//! # async fn example(secret: &str, clock: drayage_salesforce::Clock) -> Result<(), Box<dyn std::error::Error>> {
//! use drayage_salesforce::{Client, ClientOptions, Credentials, Soql};
//!
//! let credentials = Credentials::from_secret_json(secret)?;
//! let client = Client::new(credentials, ClientOptions::new("drayage/1.0", clock))?;
//! let files = Soql::new("DocListEntry__c", ["Document__c", "Account__r.Name"])?
//!     .filter("Document__c != null")?;
//! println!("{} files", client.count(&files.count_soql()).await?);
//! # Ok(())
//! # }
//! ```

mod auth;
mod bulk_query;
mod bulk_update;
mod client;
mod credentials;
mod describe;
mod error;
mod http;
mod jobs;
mod limits;
pub mod meter;
mod organization;
mod query;
mod read_rows;
mod record;
mod retry;
mod soql;
mod update;

pub use bulk_query::{BULK_PAGE_RECORDS, BulkPage, BulkQueryJob, BulkState};
pub use bulk_update::{
    UPDATE_FILE_BYTES_MAX, UPDATE_JOB_ROWS_MAX, UPDATE_TEXT_CHARS_MAX, UnwritableText, UpdateFile,
    UpdateJob, UpdateJobState,
};
pub use client::{Client, ClientOptions, Clock, SessionInfo};
pub use credentials::{Credentials, CredentialsError};
pub use describe::{Describe, Field};
pub use error::{ApiFailure, ERROR_TYPES, REQUEST_LIMIT_EXCEEDED, SalesforceError};
pub use limits::{ApiUsage, Limit, Limits};
pub use organization::Organization;
pub use query::{KeysetPage, QUERY_IDS_MAX, QUERY_PAGE_RECORDS_MAX, QueryPage};
pub use read_rows::{CurrentRow, READ_ROWS_MAX};
pub use record::Record;
pub use soql::{Soql, SoqlError};
pub use update::{
    COLLECTION_ROWS_MAX, GUARDED_ROWS_MAX, GuardCheck, GuardedUpdate, RowEnding, RowOutcome,
    RowUpdate,
};

#[cfg(test)]
mod wire_tests;
