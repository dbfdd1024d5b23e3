//! The client against canned answers on the wire.

mod reading;
mod reading_rows;
mod retries;
mod session;
mod support;
mod update_jobs;
mod updates;
